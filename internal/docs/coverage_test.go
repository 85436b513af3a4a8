package docs_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/catalog"
	"github.com/edusdk/edusdk/internal/transport"
)

// words are those of docs/COVERAGE.md in a language.
type words struct {
	file, title, other, about            string
	section, operation, request, class   string
	fake, test, example, essential, link string
	vendors                              map[string]string
	classes                              map[transport.Class]string
	fields, none, total                  string
}

var english = words{
	file: "docs/COVERAGE.md", title: "Coverage", other: "[简体中文](COVERAGE.zh-CN.md)",
	about: "Every operation of the vendors' documents, from the declarations in the code. Written by\n" +
		"`" + renew + "`; a test fails when it is stale.\n\n" +
		"- **Class** says how safe a repetition is: a *read* changes nothing, an *upsert* leaves the same\n" +
		"  state, a *create* makes something anew each time and is never repeated once it may have arrived.\n" +
		"- **Fake** says whether the vendor's fake serves it, **Test** where the table of requests and\n" +
		"  answers has its row, and **Example** which function shows it.\n" +
		"- **Essential fields** are those of an answer that fail a call if they cannot be read; any other\n" +
		"  field is left zero and told of (`edusdk.Captured.Unread`).",
	section: "Document", operation: "Operation", request: "Request", class: "Class", fake: "Fake", test: "Test", example: "Example",
	essential: "Essential fields", link: "link, built here",
	vendors: map[string]string{
		"duobeiyun": "Duobeiyun 多贝云", "supervision": "Supervision platform 监管服务平台", "douyin": "Douyin 抖音",
		"zjy": "Zhijiaoyun 职教云", "recorded": "Recorded courses 微同课",
	},
	classes: map[transport.Class]string{
		transport.Read: "read", transport.Upsert: "upsert", transport.Create: "create", transport.Login: "login",
	},
	fields: "Essential fields of", none: "none beyond the status", total: "%d operations of %d vendors.",
}

var chinese = words{
	file: "docs/COVERAGE.zh-CN.md", title: "接口覆盖", other: "[English](COVERAGE.md)",
	about: "厂商文档中的全部接口，由代码里的声明生成。用 `" + renew + "` 重新生成；内容过期时测试会失败。\n\n" +
		"- **类别**表示重发是否安全：*读取*不改变任何东西；*覆盖*重复执行结果相同；*创建*每次都会新建，请求一旦可能已送达就不再重发。\n" +
		"- **模拟服务**：该厂商的模拟服务是否提供此接口；**测试**：请求与应答对照表所在的文件；**示例**：演示它的函数。\n" +
		"- **关键字段**：应答中无法解析就会使调用失败的字段；其他字段解析失败时留零值并予以告知（`edusdk.Captured.Unread`）。",
	section: "文档章节", operation: "方法", request: "请求", class: "类别", fake: "模拟服务", test: "测试", example: "示例",
	essential: "关键字段", link: "链接，本地生成",
	vendors: map[string]string{
		"duobeiyun": "多贝云", "supervision": "职业技能培训在线学习监管服务平台", "douyin": "抖音", "zjy": "职教云", "recorded": "录播课（微同课）",
	},
	classes: map[transport.Class]string{
		transport.Read: "读取", transport.Upsert: "覆盖", transport.Create: "创建", transport.Login: "登录",
	},
	fields: "关键字段：", none: "除状态外没有", total: "共 %d 个接口，%d 家厂商。",
}

func TestCoverageIsThatOfTheRegistry(t *testing.T) {
	for _, w := range []words{english, chinese} {
		same(t, w.file, coverage(t, w))
	}
}

// coverage writes the page.
func coverage(t *testing.T, w words) string {
	t.Helper()
	var b strings.Builder
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	specs := slices.DeleteFunc(transport.Operations(), func(s transport.Spec) bool { return s.Path == "" })
	require.NotEmpty(t, specs)
	say("# %s\n\n%s\n\n%s\n\n"+w.total, w.title, w.other, w.about, len(specs), len(catalog.Vendors))
	for _, v := range catalog.Vendors {
		require.NotEmpty(t, w.vendors[v.Name], "the name of %s in internal/docs/coverage_test.go", v.Name)
		own := slices.DeleteFunc(slices.Clone(specs), func(s transport.Spec) bool { return s.Vendor != v.Name })
		slices.SortStableFunc(own, func(a, b transport.Spec) int { return cmp.Or(slices.Compare(number(a.Section), number(b.Section))) })
		say("\n## %s: `%s`\n", w.vendors[v.Name], v.Name)
		say("| %s | %s | %s | %s | %s | %s | %s |\n|---|---|---|---|---|---|---|", w.section, w.operation, w.request, w.class, w.fake, w.test, w.example)
		fake, shown := v.Fake(), examples(t, v.Name)
		for _, s := range own {
			class := w.classes[s.Class]
			if s.Link {
				class = w.link
			}
			served := "—"
			if serves(fake, s) {
				served = "✓"
			}
			say("| %s | `%s` | %s `/%s` | %s | %s | %s | %s |", s.Section, s.Op, cmp.Or(s.Method, http.MethodPost), s.Path, class, served,
				cmp.Or(rowFile(t, v.Name, s), "—"), cmp.Or(strings.Join(shown(s), "<br>"), "—"))
		}
		say("\n### %s %s\n", w.fields, w.vendors[v.Name])
		say("| %s | %s |\n|---|---|", w.operation, w.essential)
		for _, s := range own {
			if !s.Link {
				say("| `%s` | %s |", s.Op, cmp.Or(essential(s.Essential), w.none))
			}
		}
	}
	return b.String()
}

// number is that of a section, such as 1.12, for sorting; nil where a document has none.
func number(section string) (parts []int) {
	first, _, _ := strings.Cut(section, " ")
	for _, part := range strings.Split(first, ".") {
		n := 0
		if _, err := fmt.Sscanf(part, "%d", &n); err != nil {
			return nil
		}
		parts = append(parts, n)
	}
	return parts
}

// serves reports whether a fake has an endpoint for an operation.
func serves(fake http.Handler, s transport.Spec) bool {
	for _, media := range []string{"application/json", "application/x-www-form-urlencoded"} {
		r := httptest.NewRequest(cmp.Or(s.Method, http.MethodPost), "/"+s.Path, strings.NewReader("{}"))
		r.Header.Set("Content-Type", media)
		w := httptest.NewRecorder()
		fake.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound && w.Code != http.StatusMethodNotAllowed {
			return true
		}
	}
	return false
}

// rowFile is the file with the row of an operation in the table of requests and answers.
func rowFile(t *testing.T, vendor string, s transport.Spec) string {
	t.Helper()
	if s.Link {
		return ""
	}
	for _, file := range testFiles(t, vendor) {
		if name := filepath.Base(file); name != "rows_test.go" && name != "wire_test.go" && name != vendor+"_test.go" {
			continue
		}
		found := false
		ast.Inspect(parsed(t, file), func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			found = found || ok && lit.Value == `"`+s.Op+`"`
			return !found
		})
		if found {
			return fmt.Sprintf("[%s](../%s/%[1]s)", filepath.Base(file), vendor)
		}
	}
	return ""
}

// shownAs are operations that another function's name stands for in Examples.
var shownAs = map[string]string{
	"douyin.Login": "ClientCredential", // which logs in when it has to
}

// examples returns what finds the Examples of a package that call an operation.
func examples(t *testing.T, vendor string) func(transport.Spec) []string {
	t.Helper()
	calls := map[string][]string{} // by Example: the ends of selectors, such as Rooms.Create
	for _, file := range testFiles(t, vendor) {
		for _, d := range parsed(t, file).Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(f.Name.Name, "Example") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				if c, ok := n.(*ast.CallExpr); ok {
					_, method, _ := strings.Cut(printed(token.NewFileSet(), c.Fun), ".")
					calls[f.Name.Name] = append(calls[f.Name.Name], method)
				}
				return true
			})
		}
	}
	return func(s transport.Spec) (names []string) {
		op := cmp.Or(shownAs[s.Vendor+"."+s.Op], s.Op)
		for name, called := range calls {
			if slices.Contains(called, op) {
				names = append(names, "`"+name+"`")
			}
		}
		slices.SortFunc(names, func(a, b string) int {
			return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
		})
		// The one that is called like the method teaches it best.
		method := "_" + op[strings.LastIndex(op, ".")+1:] + "`"
		if i := slices.IndexFunc(names, func(n string) bool { return strings.HasSuffix(n, method) }); i >= 0 {
			return names[i : i+1]
		}
		return names[:min(1, len(names))]
	}
}

func testFiles(t *testing.T, vendor string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, vendor, "*_test.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, vendor)
	return files
}

func parsed(t *testing.T, file string) *ast.File {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	return f
}

// essential writes paths such as a, a.b and a.c[].d as a(b, c[](d)).
func essential(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	return "`" + nested(paths) + "`"
}

func nested(paths []string) string {
	var heads []string
	below := map[string][]string{}
	for _, path := range paths {
		head, rest, deeper := strings.Cut(path, ".")
		if base := strings.TrimSuffix(head, "[]"); base != head {
			if i := slices.Index(heads, base); i >= 0 { // the list itself came before
				heads[i], below[head] = head, below[base]
			}
		}
		if !slices.Contains(heads, head) {
			heads = append(heads, head)
		}
		if deeper {
			below[head] = append(below[head], rest)
		}
	}
	for i, head := range heads {
		if len(below[head]) > 0 {
			heads[i] = head + "(" + nested(below[head]) + ")"
		}
	}
	return strings.Join(heads, ", ")
}

func TestEssentialFieldsAreNested(t *testing.T) {
	assert.Equal(t, "`success, page(total, items[](id, who(name)))`",
		essential([]string{"success", "page", "page.total", "page.items", "page.items[].id", "page.items[].who", "page.items[].who.name"}))
	assert.Empty(t, essential(nil))
	assert.Equal(t, []int{1, 12}, number("1.12 班级信息推送接口"))
	assert.Nil(t, number("创建房间"))
}
