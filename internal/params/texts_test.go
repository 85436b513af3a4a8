package params

import (
	"net/url"
	"testing"

	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type roomAndTitle struct {
	shared

	Title string `url:"title"`
	Note  string `url:"note,omitempty"`
}

type selfEncoding struct {
	A string `url:"a"`
}

func (selfEncoding) EncodeValues(_ string, v *url.Values) error {
	v.Set("own", "1")
	return nil
}

type named string

func (named) String() string { return "named" }

// A struct of strings is encoded without go-querystring, and as that does it.
func TestTextsAreEncodedLikeTheRest(t *testing.T) {
	room := shared{"r"}
	tests := map[string]struct {
		in    any
		short bool // the short way is taken
	}{
		"one":            {room, true},
		"embedded":       {roomAndTitle{room, "t", "n"}, true},
		"left out":       {roomAndTitle{shared: room, Title: "t"}, true},
		"order of bytes": {struct{ B, A, C string }{}, false}, // without tags
		"order": {struct {
			B string `url:"b"`
			A string `url:"a"`
			U string `url:"B"`
		}{"1", "2", "3"}, true},
		"pointer": {&room, false},
		"a number": {struct {
			A string `url:"a"`
			N int    `url:"n"`
		}{"1", 2}, false},
		"a string with a name": {struct {
			A named `url:"a"`
		}{"1"}, false},
		"hidden": {struct {
			A string `url:"a"`
			H string `url:"-"`
		}{"1", "2"}, false},
		"unexported": {struct {
			A string `url:"a"`
			h string
		}{"1", "2"}, false},
		"another option": {struct {
			A string `url:"a,omitempty,int"`
		}{"1"}, false},
		"a pointer in it": {struct{ *shared }{&room}, false},
		"one that encodes": {struct {
			S selfEncoding `url:"s"`
		}{}, false},
		"embedding such a one": {struct {
			selfEncoding
			B string `url:"b"`
		}{B: "1"}, false},
		"with a name": {struct {
			shared `url:"s"`
		}{room}, false},
		"nothing": {struct{}{}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			want, err := query.Values(tt.in)
			require.NoError(t, err)
			ps, short := texts(tt.in)
			assert.Equal(t, tt.short, short)
			if short {
				got := url.Values{}
				for i, p := range ps {
					got.Add(p.Name, p.Value)
					assert.True(t, i == 0 || ps[i-1].Name < p.Name, "sorted")
				}
				assert.Equal(t, want, got)
			}
			all, err := Of(tt.in, nil)
			if err == nil {
				assert.Equal(t, want.Encode(), string(Form(all)))
			}
		})
	}
}

func TestTextsOfOneNameAreRefused(t *testing.T) {
	_, err := Of(struct {
		A string `url:"a"`
		B string `url:"a"`
	}{"1", "2"}, nil)
	assert.ErrorContains(t, err, "must have one value")
}

func TestTextsAllocateTheirResultOnly(t *testing.T) {
	var v any = roomAndTitle{shared{"r"}, "t", "n"}
	_, _ = Of(v, nil) // looks at the type
	assert.InDelta(t, 1, testing.AllocsPerRun(100, func() { _, _ = Of(v, nil) }), 0)
}
