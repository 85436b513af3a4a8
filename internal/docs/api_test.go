package docs_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// publicPackages are the folders of the packages that importers see, "." first, those of
// the adapters' modules among them.
func publicPackages(t *testing.T) (folders []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); path != root {
			if slices.Contains([]string{"internal", "examples", "testdata", "docs", "api"}, name) || name[0] == '.' || name[0] == '_' {
				return fs.SkipDir
			}
		}
		p, err := build.ImportDir(path, 0)
		if err == nil && p.Name != "main" {
			relative, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			folders = append(folders, filepath.ToSlash(relative))
		}
		return nil
	})
	require.NoError(t, err)
	return folders
}

// apiFile is where the exported names of a package are kept.
func apiFile(folder string) string {
	if folder == "." {
		folder = "edusdk"
	}
	return "api/" + strings.ReplaceAll(folder, "/", ".") + ".txt"
}

// The exported names are a promise: one that goes away breaks importers, so its removal
// has to be seen in a review, as a line of api/.
func TestExportedNamesAreThoseOfTheContract(t *testing.T) {
	known := map[string]bool{}
	for _, folder := range publicPackages(t) {
		t.Run(folder, func(t *testing.T) {
			lines := exported(t, filepath.Join(root, filepath.FromSlash(folder)))
			file := apiFile(folder)
			known[file] = true
			if !*update {
				text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
				require.NoError(t, err, "no contract for the package %s: run %s", folder, renew)
				was := strings.Split(strings.TrimSpace(string(text)), "\n")
				removed, added := without(was, lines), without(lines, was)
				assert.Empty(t, removed, "gone or changed in %s, which breaks importers; if it is meant, say so in CHANGELOG.md and run %s", folder, renew)
				assert.Empty(t, added, "new in %s: run %s", folder, renew)
			}
			same(t, file, strings.Join(lines, "\n")+"\n")
		})
	}
	files, err := filepath.Glob(filepath.Join(root, "api", "*"))
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, known["api/"+filepath.Base(file)], "%s is of no package: delete it", file)
	}
}

func without(lines, others []string) (rest []string) {
	for _, line := range lines {
		if !slices.Contains(others, line) {
			rest = append(rest, line)
		}
	}
	return rest
}

// exported are the exported names of a package with their types, a line each: constants
// with what their values are computed from, methods with receivers, and the exported
// fields of structs. What an embedded type of the package that is not exported gives to
// the one that embeds it is listed there.
func exported(t *testing.T, dir string) (lines []string) {
	t.Helper()
	p, err := build.ImportDir(dir, 0)
	require.NoError(t, err)
	a := &api{token.NewFileSet(), map[string]*ast.TypeSpec{}, map[string][]*ast.FuncDecl{}, p.Imports}
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(a.set, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.IsExported() {
					lines = append(lines, "func "+d.Name.Name+signature(a.set, d))
				}
				if d.Recv != nil {
					name := receiver(d)
					a.methods[name] = append(a.methods[name], d)
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if spec, ok := spec.(*ast.TypeSpec); ok {
						a.types[spec.Name.Name] = spec
					}
				}
				if d.Tok != token.TYPE {
					lines = append(lines, exportedValues(a.set, d)...)
				}
			}
		}
	}
	for name, spec := range a.types {
		if spec.Name.IsExported() {
			lines = append(lines, a.typeLines(spec)...)
			lines = append(lines, a.methodLines(name, name, false, map[string]bool{})...)
		}
	}
	slices.Sort(lines)
	return lines
}

// api is what is declared in a package.
type api struct {
	set     *token.FileSet
	types   map[string]*ast.TypeSpec
	methods map[string][]*ast.FuncDecl // by the name of the type
	imports []string
}

// internal reports whether a signature has a type of an internal package: such a method
// is there because Go has no other way, and no importer can make use of it.
func (a *api) internal(signature string) bool {
	return slices.ContainsFunc(a.imports, func(path string) bool {
		return strings.Contains(path, "/internal/") && strings.Contains(signature, path[strings.LastIndex(path, "/")+1:]+".")
	})
}

// receiver is the name of the type that a method is of.
func receiver(d *ast.FuncDecl) string {
	e := d.Recv.List[0].Type
	if star, ok := e.(*ast.StarExpr); ok {
		e = star.X
	}
	switch generic := e.(type) {
	case *ast.IndexExpr:
		e = generic.X
	case *ast.IndexListExpr:
		e = generic.X
	}
	if id, ok := e.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

func signature(set *token.FileSet, d *ast.FuncDecl) string {
	return strings.TrimPrefix(printed(set, d.Type), "func")
}

// methodLines are the exported methods of a type, and of the types that it embeds and that
// are not exported, as methods of owner. through says that one of them is embedded by
// its pointer, so that all of its methods are in the method set of owner itself.
func (a *api) methodLines(owner, name string, through bool, seen map[string]bool) (lines []string) {
	for _, d := range a.methods[name] {
		if !d.Name.IsExported() || seen[d.Name.Name] {
			continue
		}
		seen[d.Name.Name] = true
		of := owner
		if _, pointer := d.Recv.List[0].Type.(*ast.StarExpr); pointer && !through {
			of = "*" + owner
		}
		if sig := signature(a.set, d); !a.internal(sig) {
			lines = append(lines, fmt.Sprintf("method (%s) %s%s", of, d.Name.Name, sig))
		}
	}
	for _, e := range a.embedded(name) {
		lines = append(lines, a.methodLines(owner, e.name, through || e.pointer, seen)...)
	}
	return lines
}

type embedded struct {
	name    string
	pointer bool
}

// embedded are the types of the package that a struct embeds and that are not exported.
func (a *api) embedded(name string) (all []embedded) {
	spec := a.types[name]
	if spec == nil {
		return nil
	}
	s, ok := spec.Type.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range s.Fields.List {
		what := printed(a.set, f.Type)
		e := embedded{strings.TrimPrefix(what, "*"), strings.HasPrefix(what, "*")}
		if len(f.Names) == 0 && !ast.IsExported(e.name) && a.types[e.name] != nil {
			all = append(all, e)
		}
	}
	return all
}

func exportedValues(set *token.FileSet, d *ast.GenDecl) (lines []string) {
	var constType, constValue string // which go on from one line to the next
	for n, spec := range d.Specs {
		values, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue // of imports
		}
		if values.Type != nil {
			constType = " " + printed(set, values.Type)
		} else if len(values.Values) > 0 {
			constType = ""
		}
		for i, name := range values.Names {
			if !name.IsExported() {
				continue
			}
			line := d.Tok.String() + " " + name.Name + constType
			if d.Tok == token.CONST {
				if i < len(values.Values) {
					constValue = printed(set, values.Values[i])
				}
				line += " = " + strings.ReplaceAll(constValue, "iota", fmt.Sprintf("iota:%d", n))
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func (a *api) typeLines(spec *ast.TypeSpec) (lines []string) {
	name := "type " + spec.Name.Name
	if spec.TypeParams != nil {
		var params []string
		for _, f := range spec.TypeParams.List {
			params = append(params, printed(a.set, f.Names[0])+" "+printed(a.set, f.Type))
		}
		name += "[" + strings.Join(params, ", ") + "]"
	}
	switch underlying := spec.Type.(type) {
	case *ast.StructType:
		name += " struct"
		return append([]string{name}, a.fieldLines(name, underlying.Fields)...)
	case *ast.InterfaceType:
		name += " interface"
		return append([]string{name}, a.fieldLines(name, underlying.Methods)...)
	}
	if spec.Assign.IsValid() {
		name += " ="
	}
	return []string{name + " " + printed(a.set, spec.Type)}
}

func (a *api) fieldLines(name string, fields *ast.FieldList) (lines []string) {
	for _, f := range fields.List {
		what := printed(a.set, f.Type)
		for _, id := range f.Names {
			if id.IsExported() {
				lines = append(lines, name+", "+id.Name+" "+strings.TrimPrefix(what, "func"))
			}
		}
		if len(f.Names) > 0 {
			continue
		}
		if ast.IsExported(what[strings.LastIndexAny(what, ".*")+1:]) {
			lines = append(lines, name+", embedded "+what)
		} else if spec := a.types[strings.TrimPrefix(what, "*")]; spec != nil {
			if s, ok := spec.Type.(*ast.StructType); ok {
				lines = append(lines, a.fieldLines(name, s.Fields)...)
			}
		}
	}
	return lines
}
