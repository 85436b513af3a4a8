package transport

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

// acme is a made-up vendor whose operations are declared.
type acme struct {
	*Client

	begin func(req any) error
}

func (v *acme) Transport() *Client { return v.Client }

func (v *acme) Begin(_ *Call, _ *Spec, req any) (Encoder, error) {
	if v.begin != nil {
		return nil, v.begin(req)
	}
	return &script{}, nil
}

type acmeEnvelope struct {
	OK   *bool  `json:"ok"`
	Code string `json:"code"`
}

func (e *acmeEnvelope) Envelope() *acmeEnvelope { return e }

func (*acme) Verdict(_ *Spec, e *acmeEnvelope, _ *Answer) (v Verdict) {
	switch {
	case e.Code != "":
		v.Rejection = &Rejection{Kind: edusdk.ErrNotFound, Code: e.Code}
	case e.OK == nil:
		v.Missing = "ok"
	}
	return v
}

func (*acme) Payload(ans *Answer) ([]byte, error) {
	return Member(ans, "data")
}

type thing struct {
	acmeEnvelope

	Name  string `json:"name"`
	Count int    `json:"count"`
}

func (t *thing) Absent() string {
	if t.Name == "" {
		return "name"
	}
	return ""
}

type thingParams struct{ invalid error }

func (p thingParams) Validate() error { return p.invalid }

var (
	getThing = Declare[acmeEnvelope, thingParams]("acme", Spec{Op: "Things.Get", Section: "3.1", Path: "things/get", Class: Read},
		func(t *thing) string { return t.Name })
	makeThing = Declare[acmeEnvelope, None]("acme", Spec{Op: "Things.Make", Path: "things/make", Class: Create, Lookup: "Things.Get"},
		func(*thing) struct{} { return struct{}{} })
	callAcme = DeclareCall[acmeEnvelope]("acme", http.MethodGet, http.MethodPost)
	linkAcme = DeclareLink("acme", Spec{Op: "Things.Link", Path: "things/link"})
	pageAcme = DeclarePage[acmeEnvelope, None]("acme", Spec{Op: "Things.Page", Path: "things/page", Method: http.MethodGet},
		func(ans *Answer) (string, error) { return string(ans.Body), nil })
)

func TestOperation(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answers []func() (*http.Response, error)
		want    string
		err     string // "" for a success
	}{
		"a success": {answers: []func() (*http.Response, error){give(200, `{"ok":true,"name":"a"}`)}, want: "a"},
		"nothing of a broken answer stays": {
			answers: []func() (*http.Response, error){give(200, `{"name":"b",`), give(200, `{"ok":true,"name":"a"}`)}, want: "a",
		},
		"a failure": {
			answers: []func() (*http.Response, error){give(200, `{"code":"gone"}`)}, err: "acme: Things.Get: not found: gone (HTTP 200)",
		},
		"a failure with another payload": {
			answers: []func() (*http.Response, error){give(200, `{"code":"gone","name":{}}`)}, err: "acme: Things.Get: not found: gone (HTTP 200)",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stub, _ := inTurn(tt.answers...)
			got, err := getThing.Do(t.Context(), &acme{Client: newStubbed(t, stub)}, thingParams{})
			if tt.err != "" {
				require.EqualError(t, err, tt.err)
				assert.Empty(t, got)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestOperationWithoutItsPayloadOrStatus(t *testing.T) {
	t.Parallel()
	for body, field := range map[string]string{
		`{"ok":true}`:                    "field name: is missing",
		`{"name":"a"}`:                   "field ok: is missing",
		`{"ok":true,"name":"a","count":`: "cut off",
	} {
		stub, _ := inTurn(give(200, body), give(200, body))
		_, err := getThing.Do(t.Context(), &acme{Client: newStubbed(t, stub)}, thingParams{})
		require.ErrorIs(t, err, edusdk.ErrMalformedResponse, body)
		assert.ErrorContains(t, err, field)
	}
}

func TestOperationNamesAllThatIsWrong(t *testing.T) {
	t.Parallel()
	field := func(name string) error { return &edusdk.FieldError{Field: name, Problem: "is bad"} }
	tests := map[string]struct {
		own, begin error
		want       string
	}{
		"its own rules":      {field("A"), nil, "A is bad"},
		"those of the tags":  {nil, field("B"), "B is bad"},
		"both":               {field("A"), field("B"), "A is bad; B is bad"},
		"several of both":    {params.Join(field("A"), field("C")), params.Join(field("B"), field("D")), "A is bad; C is bad; B is bad; D is bad"},
		"each field once":    {field("A"), params.Join(field("A"), field("B")), "A is bad; B is bad"},
		"something else too": {field("A"), errors.New("no"), "A is bad; no"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seen := &witness{}
			c := newStubbed(t, roundTrip(nil), edusdk.WithObserver(seen))
			_, err := getThing.Do(t.Context(), &acme{c, func(any) error { return tt.begin }}, thingParams{tt.own})
			e := errorOf(t, err)
			assert.Equal(t, edusdk.ErrInvalidArgument, e.Kind)
			assert.Equal(t, tt.want, e.Err.Error())
			assert.Zero(t, e.Attempts)
			require.Len(t, seen.calls, 1)
			assert.Equal(t, "3.1", seen.calls[0].Section)
		})
	}
}

// A field that cannot be read and that nobody depends on is told to all who listen.
func TestWhatCannotBeReadIsTold(t *testing.T) {
	t.Parallel()
	const body = `{"ok":true,"name":"a","count":"many"}`
	seen := &witness{}
	var log bytes.Buffer
	stub, _ := inTurn(give(200, body))
	c := newStubbed(t, stub, edusdk.WithObserver(seen), edusdk.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	var raw edusdk.Captured
	name, unread, err := getThing.Read(edusdk.WithCapture(t.Context(), &raw), &acme{Client: c}, thingParams{})
	require.NoError(t, err)
	assert.Equal(t, "a", name)
	want := []edusdk.UnreadField{{Field: "count", Problem: "has a string where a whole number was expected", Omitted: "count"}}
	assert.Equal(t, want, unread, "what Read returns")
	assert.Equal(t, want, raw.Unread, "what is captured")
	require.Len(t, seen.attempts, 1)
	assert.Equal(t, want, seen.attempts[0].Unread, "what the observer is told")
	assert.Equal(t, "3.1", seen.attempts[0].Section)
	assert.Contains(t, log.String(), `level=WARN msg="edusdk answer has a field that cannot be read" vendor=acme op=Things.Get field=count problem="`+want[0].Problem+`"`)
	assert.Contains(t, log.String(), "section=3.1")
}

func TestEventsDescribeTheOperation(t *testing.T) {
	t.Parallel()
	seen := &witness{}
	stub, _ := inTurn(give(200, `{"ok":true,"name":"a"}`))
	require.NoError(t, Done(t.Context(), makeThing, &acme{Client: newStubbed(t, stub, edusdk.WithObserver(seen))}, None{}))
	require.Len(t, seen.attempts, 1)
	require.Len(t, seen.calls, 1)
	a, c := seen.attempts[0], seen.calls[0]
	assert.Equal(t, []string{"Things.Make", "create", "POST", "things/make"}, []string{a.Op, a.Class, a.Method, a.Route})
	assert.Equal(t, []string{"Things.Make", "create", "POST", "things/make"}, []string{c.Op, c.Class, c.Method, c.Route})
}

func TestOperationOfAPage(t *testing.T) {
	t.Parallel()
	stub, _ := inTurn(give(200, "<html>"))
	got, err := pageAcme.Do(t.Context(), &acme{Client: newStubbed(t, stub)}, None{})
	require.NoError(t, err)
	assert.Equal(t, "<html>", got)
}

func TestCaller(t *testing.T) {
	t.Parallel()
	seen := &witness{}
	stub, _ := inTurn(give(200, `{"ok":true,"data":{"name":"a"}}`), give(200, `{"code":"gone"}`), give(200, `{}`))
	v := &acme{Client: newStubbed(t, stub, edusdk.WithObserver(seen))}
	var out struct{ Name string }
	require.NoError(t, callAcme.Do(t.Context(), v, "GET", "/any/path", 0, nil, &out))
	assert.Equal(t, "a", out.Name)
	assert.Equal(t, "read", seen.calls[0].Class)
	assert.Empty(t, seen.calls[0].Route, "the importer's own path can hold anything")
	require.ErrorIs(t, callAcme.Do(t.Context(), v, "POST", "any/path", 0, nil, &out), edusdk.ErrNotFound)
	assert.Equal(t, "create", seen.calls[1].Class)
	require.ErrorIs(t, callAcme.Do(t.Context(), v, "POST", "any/path", 0, nil, nil), edusdk.ErrMalformedResponse)

	err := callAcme.Do(t.Context(), v, "PUT", "any?path", 0, nil, out)
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	for _, field := range []string{"out must be", "path must be", "method must be GET or POST"} {
		assert.ErrorContains(t, err, field)
	}
}

func TestOperationsAreKnown(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range Operations() {
		assert.Equal(t, "acme", s.Vendor)
		names = append(names, s.Op)
	}
	assert.Equal(t, []string{"Call", "Things.File", "Things.Get", "Things.Link", "Things.Make", "Things.Page"}, names)
	assert.True(t, linkAcme.Link)
	assert.True(t, Declared("acme", "Things.Get"))
	assert.False(t, Declared("other", "Things.Get"))
	assert.Panics(t, func() { DeclareLink("acme", Spec{Op: "Things.Get"}) })
	assert.Equal(t, "things/get", getThing.With(1).Path)
	assert.True(t, getThing.With(1).Traits.Has(1))
	assert.False(t, getThing.Traits.Has(1))
}
