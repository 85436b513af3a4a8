package catalog_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/catalog"
	"github.com/edusdk/edusdk/internal/testkit"
	"github.com/edusdk/edusdk/internal/transport"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/zjy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the folder of the module.
var root = filepath.Join("..", "..")

// operations are those with a path of their own, which Call lacks.
func operations() (specs []transport.Spec) {
	for _, s := range transport.Operations() {
		if s.Path != "" {
			specs = append(specs, s)
		}
	}
	return specs
}

func declaredIn(s transport.Spec) string {
	return testkit.DeclaredIn(filepath.Join(root, s.Vendor), s.Vendor, s.Op)
}

// named is how the lists below name an operation.
func named(s transport.Spec) string { return s.Vendor + "." + s.Op }

func TestEveryVendorIsListed(t *testing.T) {
	clients, err := filepath.Glob(filepath.Join(root, "*", "client.go"))
	require.NoError(t, err)
	require.NotEmpty(t, clients)
	var listed []string
	for _, v := range catalog.Vendors {
		listed = append(listed, v.Name)
	}
	var packages []string
	for _, file := range clients {
		packages = append(packages, filepath.Base(filepath.Dir(file)))
	}
	require.ElementsMatch(t, packages, listed, "the packages with a client.go, and Vendors of internal/catalog/catalog.go")
	for _, name := range listed {
		assert.True(t, slices.ContainsFunc(operations(), func(s transport.Spec) bool { return s.Vendor == name }),
			"%s declares no operation: see transport.Declare", name)
	}
}

// A request without credentials is refused in the vendor's words, or with some status
// that is not of a path that is unknown: for a fake answers those alike, whatever is
// sent.
func TestEveryOperationIsServedByItsFake(t *testing.T) {
	unknown := []int{http.StatusNotFound, http.StatusMethodNotAllowed}
	for _, v := range catalog.Vendors {
		t.Run(v.Name, func(t *testing.T) {
			fake := v.Fake()
			serves := func(method, path string) bool {
				for _, media := range []string{"application/json", "application/x-www-form-urlencoded"} {
					r := httptest.NewRequest(method, "/"+path, strings.NewReader("{}"))
					r.Header.Set("Content-Type", media)
					w := httptest.NewRecorder()
					fake.ServeHTTP(w, r)
					if !slices.Contains(unknown, w.Code) {
						return true
					}
				}
				return false
			}
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				require.False(t, serves(method, "no/such/path"), "the fake does not answer a %s of an unknown path by %v", method, unknown)
			}
			for _, s := range operations() {
				if s.Vendor != v.Name {
					continue
				}
				method := s.Method
				if method == "" {
					method = http.MethodPost
				}
				assert.True(t, serves(method, s.Path), "%s of %s: its fake has no endpoint for %s %s; add one to %s/%stest",
					s.Op, declaredIn(s), method, s.Path, v.Name, v.Name)
			}
		})
	}
}

// The rows are checked by the vendors' own tests, which have to do so.
func TestEveryVendorChecksItsRows(t *testing.T) {
	for _, v := range catalog.Vendors {
		call := fmt.Sprintf("testkit.CheckRows(t, %q, ", v.Name)
		files, err := filepath.Glob(filepath.Join(root, v.Name, "*_test.go"))
		require.NoError(t, err)
		assert.True(t, slices.ContainsFunc(files, func(file string) bool {
			text, err := os.ReadFile(file)
			return err == nil && strings.Contains(string(text), call)
		}), "no test of %s has %s…): write it into %s/rows_test.go", v.Name, call, v.Name)
	}
}

// foreignWords are sections whose documents name them without a Chinese word.
var foreignWords = map[string]string{
	"douyin.Login": "getAccessToken is the document's own title",
}

func TestEveryOperationHasItsSection(t *testing.T) {
	sections := map[string]transport.Spec{}
	for _, s := range operations() {
		han := strings.ContainsFunc(s.Section, func(r rune) bool { return unicode.Is(unicode.Han, r) })
		assert.True(t, han || foreignWords[named(s)] != "" && s.Section != "",
			"%s of %s: its Section is %q, and has to be in the words of the vendor's document", s.Op, declaredIn(s), s.Section)
		assert.Equal(t, strings.TrimSpace(s.Section), s.Section, "the Section of %s of %s", s.Op, declaredIn(s))
		key := s.Vendor + " " + s.Section
		if other, taken := sections[key]; taken {
			assert.Equal(t, other.Path, s.Path, "%s and %s of %s have the same Section and other paths", other.Op, s.Op, declaredIn(s))
		}
		sections[key] = s
	}
}

// withoutLookup are creates after which nothing that the vendor offers shows whether a
// lost one was carried out, and why not.
var withoutLookup = map[string]string{
	"duobeiyun.WeixinLive.Open":         "the document has nothing that reads a room's WeChat live lesson",
	"supervision.Business.PushClass":    "nothing of part 2 reads classes",
	"supervision.Business.PushCourse":   "nothing of part 2 reads courses",
	"supervision.Business.PushStudents": "nothing of part 2 reads students",
	"supervision.Business.PushTeacher":  "nothing of part 2 reads teachers",
	"supervision.Checks.CompareFace":    "results of checks cannot be read",
	"supervision.Checks.SubmitCode":     "results of checks cannot be read",
	"supervision.Classes.Push":          "the platform is told of classes and does not tell of them",
	"supervision.Courses.Push":          "1.14 reads the courses of the learning platform, not those of the regulator",
	"supervision.Study.End":             "the state of a lesson cannot be read",
	"supervision.Study.Start":           "the state of a lesson cannot be read",
	"supervision.Study.SubmitRecording": "recordings cannot be read",
}

func TestEveryCreateSaysWhereToLook(t *testing.T) {
	all := operations()
	creates := map[string]bool{}
	for _, s := range all {
		if s.Class != transport.Create {
			assert.Empty(t, s.Lookup, "%s of %s is no create, and has a Lookup", s.Op, declaredIn(s))
			continue
		}
		creates[named(s)] = true
		if s.Lookup == "" {
			assert.NotEmpty(t, withoutLookup[named(s)],
				"%s of %s has no Lookup: name the method that shows whether it was carried out, or say in withoutLookup of internal/catalog/catalog_test.go why there is none", s.Op, declaredIn(s))
			continue
		}
		assert.Empty(t, withoutLookup[named(s)], "%s has a Lookup: take it from withoutLookup", named(s))
		assert.True(t, isMethod(clients[s.Vendor], s.Lookup), "the Lookup of %s of %s, %s, is not a method of the client", s.Op, declaredIn(s), s.Lookup)
		assert.False(t, slices.ContainsFunc(all, func(other transport.Spec) bool {
			return other.Vendor == s.Vendor && other.Op == s.Lookup && other.Class == transport.Create
		}), "the Lookup of %s of %s, %s, makes something itself", s.Op, declaredIn(s), s.Lookup)
	}
	for name := range withoutLookup {
		assert.True(t, creates[name], "%s of withoutLookup is no create", name)
	}
}

// clients are the types of the vendors' clients that create something.
var clients = map[string]reflect.Type{
	"duobeiyun":   reflect.TypeFor[*duobeiyun.Client](),
	"supervision": reflect.TypeFor[*supervision.Client](),
	"zjy":         reflect.TypeFor[*zjy.Client](),
}

// isMethod reports whether a client, or the service of it that name begins with, has a
// method of the name.
func isMethod(client reflect.Type, name string) bool {
	if client == nil {
		return false
	}
	if service, method, ok := strings.Cut(name, "."); ok {
		field, there := client.Elem().FieldByName(service)
		if !there {
			return false
		}
		client, name = field.Type, method
	}
	_, there := client.MethodByName(name)
	return there
}
