package supervision_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/supervision"
)

func TestCheckShape(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, tt := range map[string]struct {
		json string
		most int
		err  string
	}{
		"as deep as may be":           {deep(64), 100, ""},
		"a level more":                {deep(65), 100, "deeper than 64 levels"},
		"deep one after the other":    {"[" + strings.Repeat(deep(63)+",", 9) + "1]", 1000, ""},
		"deep in a text":              {`{"a":"` + deep(100) + `"}`, 5, ""},
		"deep behind an escape":       {`{"a":"\"` + deep(100) + `\\"}`, 5, ""},
		"deep behind a text":          {`{"a":"\\",` + deep(65), 100, "deeper than 64 levels"},
		"as many as may be":           {`[1,2,3]`, 3, ""},
		"one more":                    {`[1,2,3,4]`, 3, "too many elements"},
		"commas in a text":            {`["a,b,c,d,e"]`, 1, ""},
		"members are no elements":     {`{"a":1,"b":2,"c":3}`, 1, ""},
		"objects are":                 {`{"a":{},"b":{},"c":{}}`, 3, "too many elements"},
		"a list beside an object":     {`[{"a":1,"b":2},3]`, 3, ""},
		"closed too often":            {`]]]]}}}[1,2]`, 2, ""},
		"a text that does not end":    {`{"a":"[[`, 1, ""},
		"an escape that does not end": {`{"a":"\`, 1, ""},
		"nothing":                     {``, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := supervision.CheckShape([]byte(tt.json), tt.most)
			if tt.err == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, tt.err)
		})
	}
}
