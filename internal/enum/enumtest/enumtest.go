// Package enumtest checks the enumerations of a vendor's package.
package enumtest

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-querystring/query"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Case is an enumeration's constants, each under its name.
type Case struct {
	typ   string
	run   func(t *testing.T, inForms bool)
	has   map[string]bool
	local bool
}

// NeverSent says that the enumeration is no parameter of the vendor's.
func (c Case) NeverSent() Case {
	c.local = true
	return c
}

// Of returns the case of an enumeration whose constants are named.
func Of[T interface {
	~int
	fmt.Stringer
}](constants map[string]T) Case {
	c := Case{typ: reflect.TypeFor[T]().Name(), has: map[string]bool{}}
	for name := range constants {
		c.has[name] = true
	}
	c.run = func(t *testing.T, inForms bool) {
		t.Helper()
		unknown := []T{-1, 7777}
		for name, v := range constants {
			assert.Equal(t, name, v.String())
			assert.Equal(t, name, fmt.Sprint(v))
			encodes(t, v, inForms)
		}
		for _, v := range unknown {
			assert.Equal(t, fmt.Sprintf("%s(%d)", c.typ, int(v)), v.String())
			encodes(t, v, inForms)
		}
	}
	return c
}

// encodes checks that a value goes over the wire as its number, however it prints.
func encodes[T ~int](t *testing.T, v T, inForms bool) {
	t.Helper()
	number := fmt.Sprint(int(v))
	in := struct {
		V T  `json:"v" url:"v"`
		P *T `json:"p" url:"p"`
		S T  `json:"s,string" url:"-"`
	}{v, &v, v}
	raw, err := json.Marshal(in)
	require.NoError(t, err)
	assert.JSONEq(t, fmt.Sprintf(`{"v":%[1]s,"p":%[1]s,"s":%[1]q}`, number), string(raw))
	var back T
	require.NoError(t, json.Unmarshal([]byte(number), &back))
	assert.Equal(t, v, back)
	if inForms {
		values, err := query.Values(in)
		require.NoError(t, err)
		assert.Equal(t, url.Values{"v": {number}, "p": {number}}, values)
	}
}

// Run checks the enumerations of the package in the current directory. Each that
// its source declares has to be among the cases, with all its constants. inForms
// tells that the vendor's requests are forms.
func Run(t *testing.T, inForms bool, cases ...Case) {
	t.Helper()
	known := map[string]map[string]bool{}
	for _, c := range cases {
		known[c.typ] = c.has
		t.Run(c.typ, func(t *testing.T) { c.run(t, inForms && !c.local) })
	}
	assert.Equal(t, declared(t), known, "what the source declares, and what is checked")
}

// declared returns the constants of each exported type of the current
// directory's package that is an int.
func declared(t *testing.T) map[string]map[string]bool {
	t.Helper()
	types, constants := map[string]map[string]bool{}, map[string]string{}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				declare(d, types, constants)
			}
		}
	}
	for name, typ := range constants {
		if names := types[typ]; names != nil {
			names[name] = true
		}
	}
	return types
}

// declare adds what a declaration declares: types that are ints, and the types of
// constants.
func declare(d *ast.GenDecl, types map[string]map[string]bool, constants map[string]string) {
	last := "" // in a group, the type of the constant before
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if underlying, ok := s.Type.(*ast.Ident); ok && underlying.Name == "int" && s.Name.IsExported() {
				types[s.Name.Name] = map[string]bool{}
			}
		case *ast.ValueSpec:
			if typ, ok := s.Type.(*ast.Ident); ok {
				last = typ.Name
			} else if s.Type != nil || len(s.Values) > 0 {
				last = ""
			}
			if d.Tok == token.CONST {
				for _, name := range s.Names {
					constants[name.Name] = last
				}
			}
		}
	}
}
