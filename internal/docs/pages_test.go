package docs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/transport"
)

func TestGoCodeIsThatOfExamples(t *testing.T) {
	quotes := 0
	for _, p := range pages(t) {
		text, problems := rewritten(p)
		for _, problem := range problems {
			t.Error(problem)
		}
		for _, b := range p.blocks {
			if b.marker != "" {
				quotes++
			}
		}
		if text != strings.Join(p.lines, "\n") || *update {
			same(t, p.name, text)
		}
	}
	assert.Greater(t, quotes, 20, "quoted blocks of code")
}

func TestCommandsExist(t *testing.T) {
	blocks := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			switch b.language {
			case "sh":
				blocks++
				assert.Empty(t, wrongCommands(b.text), "%s:%d", p.name, b.first)
			case "go", "text", "json", "sql", "yaml":
			default:
				t.Errorf("%s:%d: a block of %q: commands are sh, and what is no code is text", p.name, b.first, b.language)
			}
		}
	}
	assert.Greater(t, blocks, 5, "blocks of commands")
}

func TestCommandsInTheTextExist(t *testing.T) {
	commands := 0
	for _, p := range pages(t) {
		for _, code := range p.code {
			if command.MatchString(code) {
				commands++
				assert.Empty(t, wrongCommands(strings.ReplaceAll(code, `\|`, "|")), p.name)
			}
		}
	}
	assert.Greater(t, commands, 10, "commands")
}

func TestWorkflowRunsWhatExists(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".github", "workflows", "ci.yml"))
	require.NoError(t, err)
	commands := workflowCommands(string(text))
	assert.Greater(t, len(commands), 10, "commands of the workflow")
	for _, c := range commands {
		assert.Empty(t, wrongCommands(c), c)
	}
	run, err := os.ReadFile(filepath.Join(root, ".ci", "run"))
	require.NoError(t, err)
	linter := regexp.MustCompile(`golangci-lint@(v[\d.]+)`)
	assert.Equal(t, linter.FindString(string(run)), linter.FindString(string(text)), "the linter of .ci/run and of the workflow")
}

func TestLinksLeadSomewhere(t *testing.T) {
	all, links := pages(t), 0
	for _, p := range all {
		links += len(p.links)
		assert.Empty(t, deadLinks(p, all), "the links of %s that lead nowhere", p.name)
	}
	assert.Greater(t, links, 20, "links")
}

// A Chinese page has the headings, code and tables of the English one, and each links
// to the other.
func TestChinesePagesAreInStep(t *testing.T) {
	all := map[string]*page{}
	for _, p := range pages(t) {
		all[p.name] = p
	}
	for _, name := range []string{"README.md", "docs/COVERAGE.md", "docs/DECISIONS.md", "docs/TESTING.md"} {
		chinese := strings.TrimSuffix(name, ".md") + ".zh-CN.md"
		require.Contains(t, all, name)
		require.Contains(t, all, chinese)
		en, zh := all[name], all[chinese]
		assert.Empty(t, outOfStep(en, zh), "%s and %s", name, chinese)
		assert.True(t, linksTo(en, filepath.Base(chinese)), "%s has no link to %s", name, chinese)
		assert.True(t, linksTo(zh, filepath.Base(name)), "%s has no link to %s", chinese, name)
	}
	for name := range all {
		if english, ok := strings.CutSuffix(name, ".zh-CN.md"); ok {
			assert.Contains(t, all, english+".md", "of %s", name)
		}
	}
}

func linksTo(p *page, target string) bool {
	for _, l := range p.links {
		if l.target == target {
			return true
		}
	}
	return false
}

// The number in the README is counted.
func TestNumberOfOperationsIsRight(t *testing.T) {
	n := len(slices.DeleteFunc(transport.Operations(), func(s transport.Spec) bool { return s.Path == "" }))
	for name, claim := range map[string]string{"README.md": "All %d operations of the five documents", "README.zh-CN.md": "五份文档的全部 %d 个接口"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		require.NoError(t, err)
		assert.Contains(t, string(text), fmt.Sprintf(claim, n), name)
	}
}

// Every kind of failure is in the table of what to do.
func TestEveryKindIsInTheReadme(t *testing.T) {
	kinds := 0
	for _, line := range exported(t, root) {
		m := regexp.MustCompile(`^const (Err\w+) Kind`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		kinds++
		for _, name := range []string{"README.md", "README.zh-CN.md"} {
			text, err := os.ReadFile(filepath.Join(root, name))
			require.NoError(t, err)
			assert.Regexp(t, "(?m)^\\|.*`"+m[1]+"`.*\\|", string(text), name)
		}
	}
	assert.Equal(t, 13, kinds)
}

// outOfStep says where two pages differ in their headings, blocks of code and tables.
func outOfStep(a, b *page) string {
	if len(a.order) != len(b.order) {
		for i := range min(len(a.order), len(b.order)) {
			if a.order[i] != b.order[i] {
				return "they have " + a.order[i] + " and " + b.order[i] + " at the same place"
			}
		}
		return "one has more headings, blocks or rows at its end than the other"
	}
	for i := range a.order {
		if a.order[i] != b.order[i] {
			return "they have " + a.order[i] + " and " + b.order[i] + " at the same place"
		}
	}
	for i := range a.blocks {
		if a.blocks[i].marker != b.blocks[i].marker || a.blocks[i].language == "sh" && a.blocks[i].text != b.blocks[i].text {
			return "they have other code:\n" + a.blocks[i].text + "\n\n" + b.blocks[i].text
		}
	}
	return ""
}

// Names of this module in the text exist: a page that praises what is gone is wrong.
func TestNamesInTheTextExist(t *testing.T) {
	known := map[string]map[string]bool{}
	for _, folder := range publicPackages(t) {
		name := filepath.Base(folder)
		switch {
		case folder == ".":
			name = "edusdk"
		case strings.HasPrefix(folder, "adapters/"):
			name = "edusdk" + name // as it is imported beside the package that it adapts
		}
		known[name] = map[string]bool{}
		for _, line := range exported(t, filepath.Join(root, filepath.FromSlash(folder))) {
			for _, n := range exportedAs(line) {
				known[name][n] = true
			}
		}
	}
	checked := 0
	for _, p := range pages(t) {
		if p.name == "CHANGELOG.md" {
			continue // which tells of what was, too
		}
		for _, code := range p.code {
			for _, m := range qualified.FindAllStringSubmatch(code, -1) {
				names, ours := known[m[1]]
				if !ours || strings.HasPrefix(m[2], "Example") {
					continue
				}
				checked++
				if !names[m[2]] {
					t.Errorf("%s: `%s`: package %s has no %s", p.name, code, m[1], m[2])
				}
			}
		}
	}
	assert.Greater(t, checked, 30, "names")
}

// command matches inline code that is a command.
var command = regexp.MustCompile(`^(?:[A-Z_]+=\S+ )*(?:go|bash|git) |^(?:\./)?\.ci/\S+( |$)`)

var qualified = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*(?:\.[A-Z]\w*)?)`)

// exportedAs are the names, and Type.Name of methods and fields, of a line of api/.
func exportedAs(line string) []string {
	if m := regexp.MustCompile(`^method \(\*?(\w+)\) (\w+)`).FindStringSubmatch(line); m != nil {
		return []string{m[1] + "." + m[2]}
	}
	if m := regexp.MustCompile(`^type (\w+)(?:\[.*\])? (?:struct|interface), (\w+)`).FindStringSubmatch(line); m != nil {
		return []string{m[1] + "." + m[2]}
	}
	if m := regexp.MustCompile(`^\w+ (\w+)`).FindStringSubmatch(line); m != nil {
		return []string{m[1]}
	}
	return nil
}

// The checks themselves find what they are there for.
func TestChecksFindMistakes(t *testing.T) {
	t.Run("Go code", func(t *testing.T) {
		good := parsePage("x.md", "<!-- example: duobeiyun.ExampleRoomsService_All -->\n\n```go\nstale\n```\n")
		text, problems := rewritten(good)
		assert.Empty(t, problems)
		assert.Contains(t, text, "range client.Rooms.All(", "a stale block is rewritten")
		for name, markdown := range map[string]string{
			"no marker":          "```go\nx\n```",
			"text in between":    "<!-- example: duobeiyun.Example -->\nLike this:\n```go\nx\n```",
			"no such Example":    "<!-- example: duobeiyun.ExampleNothing -->\n```go\nx\n```",
			"no such folder":     "<!-- example: nothing.Example -->\n```go\nx\n```",
			"no such file":       "<!-- example: duobeiyun/nothing.go -->\n```go\nx\n```",
			"what no test calls": "<!-- example: examples/quickstart.main -->\n```go\nx\n```",
		} {
			_, problems := rewritten(parsePage("x.md", markdown))
			assert.Len(t, problems, 1, name)
		}
	})
	t.Run("commands", func(t *testing.T) {
		assert.Empty(t, wrongCommands("go run ./examples/quickstart # a comment\ncd adapters/postgres\n../../.ci/services go test ./..."))
		for _, command := range []string{
			"go run ./examples/nothing", "go test ./duobeiyun -run TestNothingOfTheSort", "bash .ci/nothing", ".ci/nothing", "make all",
			"cd nothing", "go -C internal/nothing run .", "go tset ./...", "go install github.com/edusdk/edusdk/nothing@latest",
			"X=1 go test ./internal/nothing",
		} {
			assert.Len(t, wrongCommands(command), 1, command)
		}
	})
	t.Run("links", func(t *testing.T) {
		p := parsePage("docs/x.md", "# Was *kann* `es`?\n[a](#was-kann-es) [b](../README.md) [c](https://example.com/x) [d](#no) [e](nothing.md) `[f](no.md)`\n")
		assert.Equal(t, []string{"#no", "nothing.md"}, deadLinks(p, []*page{p}))
	})
	t.Run("Chinese pages", func(t *testing.T) {
		en := parsePage("a.md", "# A\n\n```sh\ngo version\n```\n\n| a | b |\n")
		assert.Empty(t, outOfStep(en, parsePage("b.md", "# 甲\n\n```sh\ngo version\n```\n\n| 甲 | 乙 |\n")))
		for _, text := range []string{
			"# 甲\n", "## 甲\n\n```sh\ngo version\n```\n\n| 甲 | 乙 |\n", "# 甲\n\n```sh\ngo env\n```\n\n| 甲 | 乙 |\n",
			"# 甲\n\n```sh\ngo version\n```\n\n| 甲 |\n", "# 甲\n\n```sh\ngo version\n```\n\n| 甲 | 乙 |\n## 乙\n",
		} {
			assert.NotEmpty(t, outOfStep(en, parsePage("b.md", text)), text)
		}
	})
	t.Run("exported names", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "p.go"), []byte(`package p

const (
	A K = 1 + iota
	B
	b
	C K = 7
	D = "d"
)

var V, w int

type K int
type S[T any] struct {
	F, G  func(T) error
	h     int
	*K
	inner
}
type inner struct{ X, y int }
type I interface{ M(x int) (y string); n() }
type Alias = K

func F(a, b int) (err error) { return nil }
func (s *S[T]) M() {}
func (K) String() string { return "" }
func (inner) N() {}
func (*inner) O() {}
func (*inner) M() {}
func g() {}
`), 0o600))
		assert.Equal(t, []string{
			"const A K = 1 + iota:0", "const B K = 1 + iota:1", "const C K = 7", `const D = "d"`, "func F(a, b int) (err error)", "method (*S) M()", "method (*S) O()", "method (K) String() string", "method (S) N()",
			"type Alias = K", "type I interface", "type I interface, M (x int) (y string)", "type K int", "type S[T any] struct",
			"type S[T any] struct, F (T) error", "type S[T any] struct, G (T) error", "type S[T any] struct, X int", "type S[T any] struct, embedded *K", "var V int",
		}, exported(t, dir))
	})
}
