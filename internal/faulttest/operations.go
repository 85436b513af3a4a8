package faulttest

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/internal/transport"
)

// declarations returns what a vendor's package says of its operations, by name; links
// are not called.
func declarations(vendor string) map[string]transport.Spec {
	found := map[string]transport.Spec{}
	for _, s := range transport.Operations() {
		if s.Vendor == vendor && !s.Link {
			found[s.Op] = s
		}
	}
	return found
}

// operation is a method of a vendor's client and how it is called.
type operation struct {
	vendor *vendor
	name   string // such as "Rooms.Create", or "Call/GET" where there is more than one call
	path   []string
	args   []any
	page   bool // the answer may be a web page

	class transport.Class
	get   bool   // its request is a GET
	bare  bool   // its request has no body
	first string // the path of its first request
}

// The columns of the table.
const (
	read    = transport.Read
	upsert  = transport.Upsert
	create  = transport.Create
	login   = transport.Login
	classes = login + 1
)

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

// operations returns all operations of a vendor. It calls each of them once, to
// see that it succeeds and which declaration stands behind it.
func (v *vendor) operations(t *testing.T) []*operation {
	t.Helper()
	declared := declarations(v.name)
	require.NotEmpty(t, declared, "operations that %s declares", v.name)
	roots, err := v.open("http://127.0.0.1:1", loggedIn{}, nil)
	require.NoError(t, err, "%s: open", v.name)
	var ops []*operation
	for _, root := range roots {
		ops = append(ops, v.methodsOf(t, nil, reflect.ValueOf(root))...)
	}
	for name := range v.calls {
		assert.True(t, slices.ContainsFunc(ops, func(o *operation) bool { return strings.Join(o.path, ".") == name }),
			"%s: calls has arguments for %s, which is no operation", v.name, name)
	}
	reached := map[string]bool{}
	for _, o := range ops {
		for _, op := range o.learn(t, declared) {
			reached[op] = true
		}
	}
	for _, op := range slices.Sorted(maps.Keys(declared)) {
		// Tests that call nothing but what they find must find everything.
		assert.True(t, reached[op], "%s of %s is declared, but no method that was found calls it: see open and calls of %s in internal/faulttest/vendors.go",
			op, testkit.DeclaredIn(here("..", "..", v.name), v.name, op), v.name)
	}
	return ops
}

// methodsOf returns the operations among the methods of value and of its
// exported fields.
func (v *vendor) methodsOf(t *testing.T, path []string, value reflect.Value) []*operation {
	t.Helper()
	var ops []*operation
	for i := range value.NumMethod() {
		m := value.Type().Method(i)
		typ := value.Method(i).Type()
		if typ.NumIn() == 0 || typ.In(0) != contextType {
			continue // it sends nothing
		}
		full := append(slices.Clone(path), m.Name)
		name := strings.Join(full, ".")
		if v.several[name] != "" {
			continue
		}
		calls := v.calls[name]
		if calls == nil {
			args, missing := v.arguments(typ)
			if missing != nil {
				t.Errorf("%s: no example for the parameter of type %v of %s: add one to its examples, or to its calls, in internal/faulttest/vendors.go",
					v.name, missing, name)
				continue
			}
			calls = []call{{args: args}}
		}
		for _, c := range calls {
			o := &operation{vendor: v, name: name, path: full, args: c.args}
			if c.name != "" {
				o.name += "/" + c.name
			}
			ops = append(ops, o)
		}
	}
	if value.Kind() == reflect.Pointer && value.Elem().Kind() == reflect.Struct && len(path) == 0 {
		for _, f := range reflect.VisibleFields(value.Type().Elem()) {
			if f.IsExported() && !f.Anonymous {
				ops = append(ops, v.methodsOf(t, []string{f.Name}, value.Elem().FieldByIndex(f.Index))...)
			}
		}
	}
	return ops
}

// arguments finds an example for each parameter after the context, or returns
// the type that has none.
func (v *vendor) arguments(method reflect.Type) (args []any, missing reflect.Type) {
	for i := 1; i < method.NumIn(); i++ {
		want := method.In(i)
		if method.IsVariadic() && i == method.NumIn()-1 {
			want = want.Elem()
		}
		at := slices.IndexFunc(slices.Concat(v.examples, basics), func(example any) bool { return typeOf(example) == want })
		if at < 0 {
			return nil, want
		}
		args = append(args, slices.Concat(v.examples, basics)[at])
	}
	return args, nil
}

// typeOf returns the type of the argument that an example is for.
func typeOf(example any) reflect.Type {
	typ := reflect.TypeOf(example)
	if isMaker(typ) {
		return typ.Out(0)
	}
	return typ
}

// isMaker reports whether an example is made anew for each call.
func isMaker(typ reflect.Type) bool {
	return typ.Kind() == reflect.Func && typ.Name() == "" && typ.NumIn() == 0 && typ.NumOut() == 1
}

// call calls the operation on what open has returned.
func (o *operation) call(ctx context.Context, roots []any) error {
	method := o.method(roots)
	in := []reflect.Value{reflect.ValueOf(ctx)}
	for i, arg := range o.args {
		switch value := reflect.ValueOf(arg); {
		case arg == nil:
			in = append(in, reflect.Zero(method.Type().In(i+1)))
		case isMaker(value.Type()):
			in = append(in, value.Call(nil)[0])
		case isLinkMaker(value.Type()):
			in = append(in, value.Call([]reflect.Value{reflect.ValueOf(addressOf(roots))})[0])
		default:
			in = append(in, value)
		}
	}
	out := method.Call(in)
	last := out[len(out)-1]
	if last.Type() != errorType { // an iterator, of pairs with an error
		var err error
		for _, e := range last.Seq2() {
			err, _ = e.Interface().(error)
		}
		return err
	}
	err, _ := last.Interface().(error)
	return err
}

// isLinkMaker reports whether an argument is made anew for each server.
func isLinkMaker(typ reflect.Type) bool {
	return typ.Kind() == reflect.Func && typ.NumIn() == 1 && typ.In(0) == reflect.TypeFor[address]()
}

// addressOf returns the server's address.
func addressOf(roots []any) address {
	for _, root := range roots {
		if base, ok := root.(address); ok {
			return base
		}
	}
	panic("open returns no address")
}

func (o *operation) method(roots []any) reflect.Value {
	for _, root := range roots {
		value := reflect.ValueOf(root)
		if len(o.path) > 1 {
			if value.Kind() != reflect.Pointer {
				continue
			}
			value = value.Elem().FieldByName(o.path[0])
		}
		if m := value.MethodByName(o.path[len(o.path)-1]); m.IsValid() {
			return m
		}
	}
	panic("no method " + o.name)
}

// learn lets the operation succeed once and finds out what it is. It returns
// the ops of the requests.
func (o *operation) learn(t *testing.T, declared map[string]transport.Spec) (ops []string) {
	t.Helper()
	name := o.vendor.name + "." + o.name
	var mu sync.Mutex
	srv := start(t, Each(func(c *Conn, r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if o.first == "" {
			o.first, o.get, o.bare = r.URL.Path, r.Method == http.MethodGet, r.ContentLength == 0
		}
		c.Succeed(r)
		return true
	}))
	defer srv.Close()
	srv.Answer = o.vendor.answer
	seen := &witness{}
	roots, err := o.vendor.open(srv.URL(), loggedIn{}, []edusdk.Option{edusdk.WithObserver(seen)})
	require.NoError(t, err, "%s: open", name)
	defer closeIdle(roots)
	ctx, cancel := context.WithTimeout(t.Context(), slack) // for one that waits for what never comes
	defer cancel()
	err = o.call(ctx, roots)
	var f *edusdk.FieldError
	switch {
	case errors.As(err, &f):
		t.Fatalf("%s: the example arguments are refused: %v: mend them in vendors.go", name, err)
	case err != nil:
		t.Fatalf("%s: the answer of testdata is no success: %v: add what it needs to internal/faulttest/testdata/%s/default.json", name, err, o.vendor.name)
	case len(seen.calls) == 0 || srv.Executed() == 0:
		t.Fatalf("%s takes a context and yet sends nothing", name)
	}
	mu.Lock() // the server is still there
	defer mu.Unlock()
	for _, c := range seen.calls {
		_, known := declared[c.Op]
		require.True(t, known, "%s calls %s, which transport.Operations does not know", name, c.Op)
		ops = append(ops, c.Op)
	}
	d := declared[ops[0]]
	o.page, o.class = d.AnyContent, d.Class
	if d.Op == "Call" && o.get {
		o.class = read // the one operation whose class hangs on an argument: see README.md
	}
	return ops
}

// start starts a server.
func start(t *testing.T, f Fault) *Server {
	t.Helper()
	srv := NewServer(f)
	require.NoError(t, srv.Start())
	return srv
}

// closeIdle closes the idle connections of what open has returned.
func closeIdle(roots []any) {
	for _, root := range roots {
		if c, ok := root.(interface{ CloseIdleConnections() }); ok {
			c.CloseIdleConnections()
		}
	}
}

// witness is an Observer that remembers.
type witness struct {
	mu       sync.Mutex
	attempts []edusdk.AttemptEvent
	calls    []edusdk.CallEvent
	onRetry  func()
}

func (w *witness) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, a)
	if a.Retry && w.onRetry != nil {
		w.onRetry()
	}
}

func (w *witness) ObserveCall(_ context.Context, c edusdk.CallEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
}

// take returns what was seen since the last time.
func (w *witness) take() (attempts []edusdk.AttemptEvent, calls []edusdk.CallEvent) {
	w.mu.Lock()
	defer w.mu.Unlock()
	attempts, calls = w.attempts, w.calls
	w.attempts, w.calls = nil, nil
	return attempts, calls
}
