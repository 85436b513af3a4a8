package docs_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// quote returns the code that a marker names: one or more, separated by spaces, of
//
//	duobeiyun.ExampleRoomsService_All        the body of an Example
//	internal/docs/school.Timetable.Open      any other declaration, with its comment
//	internal/docs/school/school_test.go      a whole file
func quote(marker string) (string, error) {
	var parts []string
	for _, name := range strings.Fields(marker) {
		if strings.HasSuffix(name, ".go") {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				return "", fmt.Errorf("no file %s", name)
			}
			parts = append(parts, strings.TrimRight(string(text), "\n"))
			continue
		}
		slash := strings.LastIndex(name, "/") + 1
		dot := strings.Index(name[slash:], ".")
		if dot < 0 {
			return "", fmt.Errorf("%q is not folder.Name", name)
		}
		folder, declared := name[:slash+dot], name[slash+dot+1:]
		if folder == "edusdk" {
			folder = "."
		}
		text, err := quoteDeclaration(filepath.Join(root, filepath.FromSlash(folder)), declared)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n\n"), nil
}

// quoteDeclaration returns a declaration of a package. Code that no test of the package
// runs is refused: nobody knows whether it works.
func quoteDeclaration(dir, name string) (string, error) {
	s, err := readSource(dir)
	if err != nil {
		return "", err
	}
	d, ok := s.declared[name]
	switch {
	case !ok:
		return "", fmt.Errorf("%s declares no such thing", dir)
	case !s.run()[name]:
		return "", fmt.Errorf("no Example or Test of %s runs it", dir)
	case strings.HasPrefix(name, "Example"):
		return s.body(d)
	}
	return s.whole(d)
}

// source are the declarations of a folder, tests included.
type source struct {
	set      *token.FileSet
	text     map[string][]byte // by file
	declared map[string]ast.Decl
	uses     map[string]map[string]bool // identifiers in a declaration
}

func readSource(dir string) (*source, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no Go files in %s", dir)
	}
	s := &source{token.NewFileSet(), map[string][]byte{}, map[string]ast.Decl{}, map[string]map[string]bool{}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		s.text[file] = text
		parsed, err := parser.ParseFile(s.set, file, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			for _, name := range names(d) {
				s.declared[name] = d
				used := map[string]bool{}
				ast.Inspect(d, func(n ast.Node) bool {
					if id, ok := n.(*ast.Ident); ok {
						used[id.Name] = true
					}
					return true
				})
				s.uses[name] = used
			}
		}
	}
	return s, nil
}

// names are what a declaration declares; a method is Type.Method.
func names(d ast.Decl) (all []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			return []string{d.Name.Name}
		}
		receiver := d.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if id, ok := receiver.(*ast.Ident); ok {
			return []string{id.Name + "." + d.Name.Name}
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				all = append(all, spec.Name.Name)
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					all = append(all, id.Name)
				}
			}
		}
	}
	return all
}

// run are the declarations that the folder's tests and Examples reach by name. An
// Example without output is compiled, but not run. Methods of a type in a test are
// mostly reached through an interface, so they count with their type.
func (s *source) run() map[string]bool {
	reached := map[string]bool{}
	var queue []string
	for name, d := range s.declared {
		if strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Example") && s.hasOutput(d) {
			queue = append(queue, name)
		}
	}
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if reached[name] {
			continue
		}
		reached[name] = true
		for other := range s.declared {
			owner, last, method := strings.Cut(other, ".")
			if !method {
				last = other
			}
			inTest := strings.HasSuffix(s.set.File(s.declared[other].Pos()).Name(), "_test.go")
			if s.uses[name][last] || method && inTest && s.uses[name][owner] {
				queue = append(queue, other)
			}
		}
	}
	return reached
}

func (s *source) hasOutput(d ast.Decl) bool {
	text, _ := s.whole(d)
	return strings.Contains(text, "// Output:") || strings.Contains(text, "// Unordered output:")
}

// body is what stands between the braces of a function, moved to the left.
func (s *source) body(d ast.Decl) (string, error) {
	f := d.(*ast.FuncDecl)
	file := s.set.File(f.Pos())
	text := s.text[file.Name()]
	inside := string(text[file.Offset(f.Body.Lbrace)+1 : file.Offset(f.Body.Rbrace)])
	lines := strings.Split(strings.Trim(inside, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, "\t")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n\t "), nil
}

// whole is a declaration with its comment.
func (s *source) whole(d ast.Decl) (string, error) {
	file := s.set.File(d.Pos())
	from := d.Pos()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc != nil {
			from = d.Doc.Pos()
		}
	case *ast.GenDecl:
		if d.Doc != nil {
			from = d.Doc.Pos()
		}
	}
	return string(s.text[file.Name()][file.Offset(from):file.Offset(d.End())]), nil
}

// rewritten returns a page with its quoted blocks as they should be, and what is wrong
// with those that cannot be.
func rewritten(p *page) (text string, problems []string) {
	lines := slices.Clone(p.lines)
	for _, b := range slices.Backward(p.blocks) {
		if b.marker == "" {
			if b.language == "go" {
				problems = append(problems, fmt.Sprintf("%s:%d: Go code without a comment <!-- example: folder.Name --> in front of it", p.name, b.first))
			}
			continue
		}
		code, err := quote(b.marker)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s:%d: %v", p.name, b.first, err))
			continue
		}
		lines = slices.Replace(lines, b.first, b.last, strings.Split(code, "\n")...)
	}
	slices.Reverse(problems)
	return strings.Join(lines, "\n"), problems
}

// printed writes a node in one line.
func printed(set *token.FileSet, node any) string {
	var b bytes.Buffer
	if err := (&printer.Config{Mode: printer.RawFormat}).Fprint(&b, set, node); err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
