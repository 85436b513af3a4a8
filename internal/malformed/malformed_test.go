package malformed

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOf(t *testing.T) {
	const good = `{"success":true,"rooms":[{"id":12345678901234567890},{"id":2}],"room":{"title":"a"}}`
	seen := map[string]string{}
	for c := range Of([]byte(good)) {
		assert.NotContains(t, seen, c.Name, "names tell cases apart")
		assert.NotEqual(t, good, string(c.Body), c.Name)
		seen[c.Name] = string(c.Body)
		var object map[string]json.RawMessage
		isObject := json.Unmarshal(c.Body, &object) == nil && object != nil
		assert.Equal(t, c.Broken, !isObject, "%s: %.200s", c.Name, c.Body)
	}
	assert.Greater(t, len(seen), 60)
	assert.JSONEq(t, `{"rooms":[{"id":12345678901234567890},{"id":2}],"room":{"title":"a"}}`, seen["success is missing"])
	assert.JSONEq(t, `{"success":true,"rooms":[{"id":12345678901234567890},{"id":2}],"room":{"title":1.5}}`, seen["room.title is a fraction"])
	assert.JSONEq(t, `{"success":true,"rooms":[{"id":null},{"id":2}],"room":{"title":"a"}}`, seen["rooms[0].id is null"])
	assert.JSONEq(t, `{"success":true,"rooms":"canary-value","room":{"title":"a"}}`, seen["rooms is a text"])
	assert.Contains(t, seen["success is missing"], "12345678901234567890", "numbers keep their digits")
}

func TestOfASmallAnswer(t *testing.T) {
	n := 0
	for range Of([]byte(`{"success":true}`)) {
		n++
	}
	assert.GreaterOrEqual(t, n, 60)
}

func TestOfALargeAnswer(t *testing.T) {
	n := 0
	for range Of([]byte(`{"a":` + strings.Repeat(`{"a":1,"b":2,"c":`, 100) + `3` + strings.Repeat(`}`, 100) + `}`)) {
		n++
	}
	assert.Less(t, n, 2000)
}

func TestOfStops(t *testing.T) {
	for _, most := range []int{1, 70, 100} {
		n := 0
		for range Of([]byte(`{"a":1,"b":{"c":2},"d":[{"e":3}]}`)) {
			if n++; n == most {
				break
			}
		}
		require.Equal(t, most, n)
	}
}

// Check finds each thing that a decoder can do wrong.
func TestJudge(t *testing.T) {
	broken, member := Case{Broken: true}, Case{}
	lost := func(change func(*edusdk.Error)) error {
		e := &edusdk.Error{Kind: edusdk.ErrMalformedResponse, Class: "create", MaybeApplied: true}
		change(e)
		return e
	}
	good := lost(func(*edusdk.Error) {})
	vendors := &edusdk.Error{Kind: edusdk.ErrNotFound, Code: Canary}
	for name, tt := range map[string]struct {
		c    Case
		got  any
		err  error
		want []string
	}{
		"an error":                   {broken, nil, good, nil},
		"an error and a nil":         {broken, (*int)(nil), good, nil},
		"a member that is no matter": {member, "x", nil, nil},
		"a vendor's word":            {member, nil, vendors, nil},
		"a success":                  {broken, "x", nil, []string{"it became a success"}},
		"another error":              {member, nil, errors.New("x"), []string{"the error is no *edusdk.Error"}},
		"both":                       {member, "x", good, []string{"something was returned beside the error"}},
		"not applied":                {member, nil, lost(func(e *edusdk.Error) { e.MaybeApplied = false }), []string{`of an operation of class "create" it is said: MaybeApplied false`}},
		"a read that was applied":    {member, nil, lost(func(e *edusdk.Error) { e.Class = "read" }), []string{`of an operation of class "read" it is said: MaybeApplied true`}},
		"a canary":                   {member, nil, lost(func(e *edusdk.Error) { e.Message = Canary }), []string{"the error shows what the answer held"}},
		"no vendor's word":           {broken, nil, vendors, []string{"it became a failure of kind not found"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tt.want, judge(tt.c, tt.got, tt.err)) })
	}
}

func TestCheck(t *testing.T) {
	n := 0
	Check(t, []byte(`{"success":true}`), func(answer []byte) (any, error) {
		n++
		var v struct {
			Success *bool `json:"success"`
		}
		if json.Unmarshal(answer, &v) == nil && v.Success != nil {
			return "x", nil
		}
		return nil, &edusdk.Error{Kind: edusdk.ErrMalformedResponse, Class: "create", MaybeApplied: true}
	})
	assert.Greater(t, n, 60)
}
