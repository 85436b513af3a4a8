package params

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

type positive int

func (p positive) Problem() string {
	if p > 0 {
		return ""
	}
	return "must be positive"
}

type leaf struct {
	Name  string   `json:"name"`
	Note  string   `json:"note,omitempty"`
	Count positive `json:"count"`
}

type Branch struct {
	Leaves  []leaf `json:"leaves"`
	Further []leaf `json:"further,omitempty"`
	One     *leaf  `json:"one"`
}

type tree struct {
	*Branch

	ID     string        `json:"id" arg:"treeID"`
	Out    string        `json:"-"`
	Data   []byte        `json:"data,omitempty"`
	Words  []string      `json:"words,omitempty"`
	Number int           `json:"number"`
	Length time.Duration `json:"length" wire:"unit=m"`
	hidden string
}

func TestRequired(t *testing.T) {
	good := func() *tree {
		return &tree{ID: "t", Length: 2 * time.Minute, Branch: &Branch{Leaves: []leaf{{Name: "a", Count: 1}, {Name: "b", Note: "n", Count: 2}}}}
	}
	require.NoError(t, Required("", good()))
	require.NoError(t, Required("", *good()))
	require.NoError(t, Required("", &tree{ID: "t", hidden: "\xff"}), "a nil pointer is no field that is missing")

	for name, tt := range map[string]struct {
		change         func(*tree)
		field, problem string
	}{
		"empty string":             {func(v *tree) { v.ID = "" }, "treeID", "must not be empty"},
		"empty list":               {func(v *tree) { v.Leaves = nil }, "Leaves", "must not be empty"},
		"string in a list":         {func(v *tree) { v.Leaves[1].Name = "" }, "Leaves[1].Name", "must not be empty"},
		"string in an optional":    {func(v *tree) { v.Further = []leaf{{Count: 1}} }, "Further[0].Name", "must not be empty"},
		"string behind a pointer":  {func(v *tree) { v.One = &leaf{Count: 1} }, "One.Name", "must not be empty"},
		"judged":                   {func(v *tree) { v.Leaves[0].Count = 0 }, "Leaves[0].Count", "must be positive"},
		"negative duration":        {func(v *tree) { v.Length = -time.Minute }, "Length", "must not be negative, and a whole multiple of 1m0s"},
		"broken duration":          {func(v *tree) { v.Length++ }, "Length", "must not be negative, and a whole multiple of 1m0s"},
		"not UTF-8":                {func(v *tree) { v.ID = "a\xff" }, "treeID", "must be UTF-8"},
		"not UTF-8 in an optional": {func(v *tree) { v.Leaves[0].Note = "\xff" }, "Leaves[0].Note", "must be UTF-8"},
		"not UTF-8 in strings":     {func(v *tree) { v.Words = []string{"a", "\xff"} }, "Words[1]", "must be UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			v := good()
			tt.change(v)
			assert.Equal(t, &edusdk.FieldError{Field: tt.field, Problem: tt.problem}, Required("", v))
		})
	}
	assert.Equal(t, &edusdk.FieldError{Field: "leaves[1].Name", Problem: "must not be empty"},
		Required("leaves", []leaf{{Name: "a", Count: 1}, {Count: 1}}))
	assert.Equal(t, &edusdk.FieldError{Field: "leaves", Problem: "must not be empty"}, Required("leaves", []leaf{}))
}

// fieldErrors returns the FieldErrors that err holds.
func fieldErrors(t *testing.T, err error) []edusdk.FieldError {
	t.Helper()
	several, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%T holds several errors", err)
	var all []edusdk.FieldError
	for _, err := range several.Unwrap() {
		var f *edusdk.FieldError
		require.ErrorAs(t, err, &f)
		all = append(all, *f)
	}
	return all
}

func TestAllThatIsWrongIsSaid(t *testing.T) {
	err := Required("", &tree{Length: 1, Words: []string{"\xff"}, Branch: &Branch{Leaves: []leaf{{Name: "a"}, {Count: 1}}}})
	assert.Equal(t, []edusdk.FieldError{
		{Field: "Leaves[0].Count", Problem: "must be positive"},
		{Field: "Leaves[1].Name", Problem: "must not be empty"},
		{Field: "treeID", Problem: "must not be empty"},
		{Field: "Words[0]", Problem: "must be UTF-8"},
		{Field: "Length", Problem: "must not be negative, and a whole multiple of 1m0s"},
	}, fieldErrors(t, err))
	var first *edusdk.FieldError
	require.ErrorAs(t, err, &first)
	assert.Equal(t, "Leaves[0].Count", first.Field)
	assert.Equal(t, "Leaves[0].Count must be positive; Leaves[1].Name must not be empty; treeID must not be empty; "+
		"Words[0] must be UTF-8; Length must not be negative, and a whole multiple of 1m0s", err.Error())

	assert.Len(t, fieldErrors(t, Required("leaves", make([]leaf, 1000))), most)

	_, err = Of(request{Title: "bad", Note: "\xff", Length: 0}, func(_, value string) string {
		if value == "bad" {
			return "is bad"
		}
		return ""
	})
	assert.Equal(t, []edusdk.FieldError{
		{Field: "Note", Problem: "must be UTF-8"}, {Field: "roomID", Problem: "must not be empty"}, {Field: "Title", Problem: "is bad"},
	}, fieldErrors(t, err))
	_, err = Of(roomAndTitle{}, nil)
	assert.Equal(t, []edusdk.FieldError{
		{Field: "roomID", Problem: "must not be empty"}, {Field: "Title", Problem: "must not be empty"},
	}, fieldErrors(t, err))
}

func TestJoin(t *testing.T) {
	a, b := FieldError("A", "is wrong"), FieldError("B", "is wrong")
	assert.NoError(t, Join(nil, nil))
	assert.Same(t, a, Join(nil, a))
	assert.EqualError(t, Join(Join(a, b), nil, a), "A is wrong; B is wrong; A is wrong")
	assert.ErrorIs(t, Join(a, b), b)
}
