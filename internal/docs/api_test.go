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

// publicPackages are the folders of the packages that importers see, "." first.
func publicPackages(t *testing.T) (folders []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		name := d.Name()
		if path != root {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return fs.SkipDir // a module of its own
			}
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
// with what their values are computed from, methods with receivers, and the exported fields
// of structs.
func exported(t *testing.T, dir string) (lines []string) {
	t.Helper()
	p, err := build.ImportDir(dir, 0)
	require.NoError(t, err)
	set := token.NewFileSet()
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(set, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				lines = append(lines, exportedFunction(set, d)...)
			case *ast.GenDecl:
				lines = append(lines, exportedNames(set, d)...)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func exportedFunction(set *token.FileSet, d *ast.FuncDecl) []string {
	if !d.Name.IsExported() {
		return nil
	}
	signature := strings.TrimPrefix(printed(set, d.Type), "func")
	if d.Recv == nil {
		return []string{"func " + d.Name.Name + signature}
	}
	receiver := printed(set, d.Recv.List[0].Type)
	if !ast.IsExported(strings.TrimPrefix(receiver, "*")) {
		return nil
	}
	return []string{fmt.Sprintf("method (%s) %s%s", receiver, d.Name.Name, signature)}
}

func exportedNames(set *token.FileSet, d *ast.GenDecl) (lines []string) {
	var constType, constValue string // which go on from one line to the next
	for n, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() {
				lines = append(lines, exportedType(set, spec)...)
			}
		case *ast.ValueSpec:
			if spec.Type != nil {
				constType = " " + printed(set, spec.Type)
			} else if len(spec.Values) > 0 {
				constType = ""
			}
			for i, name := range spec.Names {
				if !name.IsExported() {
					continue
				}
				line := d.Tok.String() + " " + name.Name + constType
				if d.Tok == token.CONST {
					if i < len(spec.Values) {
						constValue = printed(set, spec.Values[i])
					}
					line += " = " + strings.ReplaceAll(constValue, "iota", fmt.Sprintf("iota:%d", n))
				}
				lines = append(lines, line)
			}
		}
	}
	return lines
}

func exportedType(set *token.FileSet, spec *ast.TypeSpec) (lines []string) {
	name := "type " + spec.Name.Name
	if spec.TypeParams != nil {
		var params []string
		for _, f := range spec.TypeParams.List {
			params = append(params, printed(set, f.Names[0])+" "+printed(set, f.Type))
		}
		name += "[" + strings.Join(params, ", ") + "]"
	}
	var fields *ast.FieldList
	switch underlying := spec.Type.(type) {
	case *ast.StructType:
		fields, name = underlying.Fields, name+" struct"
	case *ast.InterfaceType:
		fields, name = underlying.Methods, name+" interface"
	default:
		if spec.Assign.IsValid() {
			name += " ="
		}
		return []string{name + " " + printed(set, spec.Type)}
	}
	lines = []string{name}
	for _, f := range fields.List {
		what := printed(set, f.Type)
		if len(f.Names) == 0 && (ast.IsExported(what[strings.LastIndexAny(what, ".*")+1:]) || strings.Contains(what, ".")) {
			lines = append(lines, name+", embedded "+what)
		}
		for _, id := range f.Names {
			if id.IsExported() {
				lines = append(lines, name+", "+id.Name+" "+strings.TrimPrefix(what, "func"))
			}
		}
	}
	return lines
}
