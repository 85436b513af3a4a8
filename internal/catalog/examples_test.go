package catalog_test

import (
	"cmp"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/catalog"
)

// shownAs are operations that another function's name stands for in Examples and in
// comments.
var shownAs = map[string]string{
	"douyin.Login": "ClientCredential", // which logs in when it has to
}

func TestEveryOperationHasAnExample(t *testing.T) {
	for _, v := range catalog.Vendors {
		shown := shownBy(t, filepath.Join(root, v.Name))
		for _, s := range operations() {
			if s.Vendor == v.Name {
				op := cmp.Or(shownAs[named(s)], s.Op)
				assert.True(t, shown.calls(op), "no Example with an // Output: calls %s of %s: write one into %s/%s",
					s.Op, declaredIn(s), v.Name, exampleFile(op))
			}
		}
	}
}

// What readers search for in the documentation is the title in the vendor's document.
func TestEveryOperationIsDocumentedUnderItsTitle(t *testing.T) {
	packed := func(text string) string { return strings.Join(strings.Fields(text), "") }
	for _, v := range catalog.Vendors {
		comments := map[string]string{}
		for _, f := range exported(t, filepath.Join(root, v.Name)) {
			comments[f.operation()] += f.comment
		}
		for _, s := range operations() {
			if s.Vendor == v.Name {
				comment := comments[cmp.Or(shownAs[named(s)], s.Op)]
				assert.Contains(t, packed(comment), packed(s.Section),
					"the comment of %s of %s has to have the title in the vendor's document, %s", s.Op, declaredIn(s), s.Section)
			}
		}
	}
}

// A package's documentation teaches a newcomer in this order.
var chapters = []string{"# Make a client", "# Call", "# When a call fails", "# Retries", "# Test your code"}

func TestEveryPackageTeachesInOrder(t *testing.T) {
	dirs := []string{"."}
	for _, v := range catalog.Vendors {
		dirs = append(dirs, v.Name)
	}
	for _, dir := range dirs {
		text := ""
		for _, file := range parsed(t, filepath.Join(root, dir), false) {
			text += file.syntax.Doc.Text()
		}
		var found []string
		for line := range strings.Lines(text) {
			if heading := strings.TrimSpace(line); slices.Contains(chapters, heading) {
				found = append(found, heading)
			}
		}
		assert.Equal(t, chapters, found, "the headings of the documentation of package %s, in %s/doc.go", dir, dir)
		assert.True(t, strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }),
			"%s/doc.go has no summary in Chinese", dir)
	}
}

// plumbing are the methods that are there for fmt, slog, net/http, encoders and this
// module's own packages.
var plumbing = strings.Fields(`Absent EncodeValues Error Format Is LogValue MarshalBinary MarshalJSON MarshalText
ServeHTTP String UnmarshalBinary UnmarshalJSON UnmarshalText Unwrap Validate`)

// notShown are functions without an Example, and why.
var notShown = map[string]string{
	"edusdk.CallOptions.Problems":          "for clients of other vendors",
	"edusdk.CallOptionsOf":                 "for clients of other vendors",
	"edusdk.Capturing":                     "for clients of other vendors",
	"edusdk.NewOptions":                    "for clients of other vendors",
	"edusdk.OneLine":                       "for clients of other vendors",
	"edusdk.ValuesFrom":                    "for clients of other vendors",
	"outbox.FileStore.Finish":              "of Store, which an Outbox calls",
	"supervisiontest.Handler.TokenExpired": "is what Config sets",
}

func TestEveryFunctionHasAnExample(t *testing.T) {
	dirs := []string{".", "supervision/study", "supervision/outbox"}
	for _, v := range catalog.Vendors {
		dirs = append(dirs, v.Name, v.Name+"/"+v.Name+"test")
	}
	known := map[string]bool{}
	for _, dir := range dirs {
		shown := shownBy(t, filepath.Join(root, dir))
		for _, f := range exported(t, filepath.Join(root, dir)) {
			known[f.full()] = true
			if slices.Contains(plumbing, f.name) && f.receiver != "" {
				continue
			}
			isShown := shown.calls(f.operation())
			if notShown[f.full()] != "" {
				assert.False(t, isShown, "an Example calls %s: take it off notShown of internal/catalog/examples_test.go", f.full())
				continue
			}
			assert.True(t, isShown, "no Example with an // Output: calls %s of %s/%s: write one into %s/%s",
				f.full(), dir, f.file, dir, exampleFile(f.operation()))
		}
	}
	for name := range notShown {
		assert.True(t, known[name], "%s of notShown is no exported function", name)
	}
}

func TestEveryConstructorOfAnAdapterHasAnExample(t *testing.T) {
	dirs, err := filepath.Glob(filepath.Join(root, "adapters", "*", "doc.go"))
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	for _, file := range dirs {
		dir := filepath.Dir(file)
		shown := shownBy(t, dir)
		for _, f := range exported(t, dir) {
			if f.receiver == "" {
				assert.True(t, shown[f.name], "no Example with an // Output: calls %s: write one into %s/example_test.go", f.full(), dir)
			}
		}
	}
}

// exampleFile is where an operation's Example belongs: by service, where there is one.
func exampleFile(op string) string {
	if service, _, ok := strings.Cut(op, "."); ok {
		return "example_" + strings.ToLower(service) + "_test.go"
	}
	return "example_test.go"
}

// function is an exported function, or an exported method of an exported type.
type function struct {
	pkg, receiver, name string
	comment             string
	file                string // that declares it
}

func (f function) full() string {
	if f.receiver == "" {
		return f.pkg + "." + f.name
	}
	return f.pkg + "." + f.receiver + "." + f.name
}

// operation is its name below a client: Rooms.Create, or QueryProducts.
func (f function) operation() string {
	if service, ok := strings.CutSuffix(f.receiver, "Service"); ok {
		return service + "." + f.name
	}
	return f.name
}

func exported(t *testing.T, dir string) (functions []function) {
	t.Helper()
	for _, file := range parsed(t, dir, false) {
		for _, d := range file.syntax.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !f.Name.IsExported() {
				continue
			}
			receiver := ""
			if f.Recv != nil {
				of := f.Recv.List[0].Type
				if star, ok := of.(*ast.StarExpr); ok {
					of = star.X
				}
				name, ok := of.(*ast.Ident)
				if !ok || !name.IsExported() {
					continue
				}
				receiver = name.Name
			}
			functions = append(functions, function{file.syntax.Name.Name, receiver, f.Name.Name, f.Doc.Text(), file.name})
		}
	}
	require.NotEmpty(t, functions, "the exported functions of %s", dir)
	return functions
}

// shown are the functions that Examples call or pass on: Rooms.Create and Create for
// client.Rooms.Create.
type shown map[string]bool

func (s shown) calls(op string) bool { return s[op] }

// shownBy reads the Examples of a package, those that have an output: the others do
// not run.
func shownBy(t *testing.T, dir string) shown {
	t.Helper()
	used := shown{}
	use := func(e ast.Expr) {
		if s, ok := e.(*ast.SelectorExpr); ok {
			used[s.Sel.Name] = true
			if service, ok := s.X.(*ast.SelectorExpr); ok {
				used[service.Sel.Name+"."+s.Sel.Name] = true
			}
		}
	}
	for _, file := range parsed(t, dir, true) {
		imported := map[string]bool{}
		for _, i := range file.syntax.Imports {
			imported[filepath.Base(strings.Trim(i.Path.Value, `"`))] = true
		}
		for _, e := range doc.Examples(file.syntax) {
			if e.Output == "" && !e.EmptyOutput {
				continue
			}
			ast.Inspect(e.Code, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					use(n.Fun)
				case *ast.SelectorExpr: // of a package, not a field: what is passed on
					if pkg, ok := n.X.(*ast.Ident); ok && imported[pkg.Name] {
						use(n)
					}
				}
				return true
			})
		}
	}
	return used
}

type parsedFile struct {
	name   string
	syntax *ast.File
}

func parsed(t *testing.T, dir string, tests bool) (files []parsedFile) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		name := e.Name()
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, parsedFile{name, syntax})
	}
	return files
}
