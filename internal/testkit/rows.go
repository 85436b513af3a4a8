package testkit

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/malformed"
	"github.com/edusdk/edusdk/internal/transport"
)

// Row is an operation with an answer to it. There is at least one for every
// operation that a vendor declares.
type Row struct {
	// Op is the operation's name: "Rooms.Create".
	Op string
	// Sample is the file under testdata with an answer that is a success: the
	// document's own where it has one.
	Sample string
	// Call calls the operation once. Its requests go through network, but for those
	// of a login that is not the operation itself.
	Call func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error)
}

func (r Row) name() string { return r.Op + "/" + r.Sample }

// CheckRows checks that rows, which stand in a file of the vendor's package, have all
// operations that the vendor declares and a sample for each; that a sample becomes a
// success, and no answer that is made of it by breaking it does harm; and that the
// operations are repeated as their classes say.
func CheckRows(t *testing.T, vendor, file string, rows []Row) {
	declared := map[string]transport.Spec{}
	for _, s := range transport.Operations() {
		if s.Vendor == vendor && s.Path != "" && !s.Link {
			declared[s.Op] = s
		}
	}
	for _, problem := range incomplete(".", vendor, file, declared, rows) {
		t.Error(problem)
	}
	for _, row := range rows {
		spec, known := declared[row.Op]
		if _, err := os.Stat(filepath.Join("testdata", row.Sample)); err != nil || !known {
			continue // which was reported
		}
		t.Run(row.name(), func(t *testing.T) {
			t.Parallel()
			row.check(t, spec)
		})
	}
}

// incomplete says what is missing in rows: in words that name the file to open.
func incomplete(dir, vendor, file string, declared map[string]transport.Spec, rows []Row) (problems []string) {
	seen := map[string]bool{}
	for _, row := range rows {
		seen[row.Op] = true
		if _, known := declared[row.Op]; !known {
			problems = append(problems, fmt.Sprintf("%s/%s has a row of %s, which %s does not declare", vendor, file, row.Op, vendor))
		}
		if info, err := os.Stat(filepath.Join(dir, "testdata", row.Sample)); err != nil || info.IsDir() {
			problems = append(problems, fmt.Sprintf("the row of %s in %s/%s has no sample: put the document's into %s/testdata/%s",
				row.Op, vendor, file, vendor, row.Sample))
		}
	}
	for op := range declared {
		if !seen[op] {
			problems = append(problems, fmt.Sprintf("%s of %s has no row: add one to %s/%s, with the document's sample answer as a file under %s/testdata",
				op, DeclaredIn(dir, vendor, op), vendor, file, vendor))
		}
	}
	slices.Sort(problems)
	return problems
}

// DeclaredIn returns the file that declares an operation, for messages; dir is where
// the vendor's package is.
func DeclaredIn(dir, vendor, op string) string {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // a file of the project
		if err == nil && !strings.HasSuffix(file, "_test.go") && strings.Contains(string(text), `Op: "`+op+`"`) {
			return vendor + "/" + filepath.Base(file)
		}
	}
	return vendor
}

// check runs what holds for every operation.
func (r Row) check(t *testing.T, spec transport.Spec) {
	sample := Fixture(t, r.Sample)
	once := edusdk.Retry{MaxAttempts: 1}
	answered := func(status int, body []byte, retry edusdk.Retry) (got any, requests int, err error) {
		mock := Mock(httpmock.NewBytesResponder(status, body))
		got, err = r.Call(t, mock, retry)
		return got, mock.GetTotalCallCount(), err
	}
	_, _, err := answered(http.StatusOK, []byte(sample), once)
	require.NoError(t, err, "the answer of testdata/%s", r.Sample)
	if !spec.AnyContent {
		malformed.Check(t, []byte(sample), func(answer []byte) (any, error) {
			got, _, err := answered(http.StatusOK, answer, once)
			return got, err
		})
	}
	for _, f := range failures(sample) {
		if spec.AnyContent && (f.status == http.StatusOK || f.status == http.StatusNotFound) {
			continue // it judges pages itself
		}
		t.Run(f.name, func(t *testing.T) {
			_, requests, err := answered(f.status, []byte(f.body), edusdk.Retry{BaseDelay: time.Nanosecond, MaxDelay: time.Nanosecond})
			attempts := f.attempts
			if f.maybe {
				attempts = min(attempts, mostAttempts(spec.Class))
			}
			e := Error(t, err)
			changes := spec.Class == transport.Upsert || spec.Class == transport.Create // of nothing else may it have been carried out
			assert.Equal(t, []any{spec.Vendor, spec.Op, f.kind, f.status, attempts, attempts, f.maybe && changes},
				[]any{e.Vendor, e.Op, e.Kind, e.HTTPStatus, e.Attempts, requests, edusdk.MaybeApplied(err)},
				"vendor, op, kind, status, attempts, requests, MaybeApplied of: %v", err)
		})
	}
}

// mostAttempts is how often what may have been carried out is asked for.
func mostAttempts(class transport.Class) int {
	switch class {
	case transport.Create:
		return 1
	case transport.Login:
		return 2
	default:
		return 3
	}
}

// failure is an answer that is no vendor's word, what it means, and how often it is
// asked for.
type failure struct {
	name     string
	status   int
	body     string
	kind     edusdk.Kind
	attempts int  // of an operation that may be repeated
	maybe    bool // it may have been carried out, so that the class counts
}

// failures is the table of the retry policy, as far as it is the same for all vendors.
// sample is an answer that would be a success.
func failures(sample string) []failure {
	const page = `<html><body>Bad Gateway</body></html>`
	return []failure{
		{"a web page", 200, page, edusdk.ErrUnavailable, 2, true},
		{"an answer that is cut off", 200, sample[:len(sample)/2], edusdk.ErrMalformedResponse, 2, true},
		{"text", 200, "success", edusdk.ErrMalformedResponse, 2, true},
		{"an array", 200, "[" + sample + "]", edusdk.ErrMalformedResponse, 2, true},
		{"an empty array", 200, "[]", edusdk.ErrMalformedResponse, 2, true},
		{"a redirect", 302, "", edusdk.ErrMalformedResponse, 1, false},
		{"forbidden", 403, "no", edusdk.ErrPermissionDenied, 1, false},
		{"a page that is not there", 404, page, edusdk.ErrUnavailable, 1, false},
		{"too many requests", 429, "{}", edusdk.ErrResourceExhausted, 3, false},
		{"a success under a status of failure", 500, sample, edusdk.ErrUnavailable, 3, true},
		{"a gateway's failure", 502, page, edusdk.ErrUnavailable, 3, true},
	}
}
