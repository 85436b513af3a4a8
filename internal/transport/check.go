package transport

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
)

// escapeHatch is the Op of every client's Call.
const escapeHatch = "Call"

// CheckCall checks what a user gives to a client's Call: the method, which must be
// one of methods, the path, and out, nil or a pointer to what the answer is decoded
// into. It returns how safe the call is to repeat: nothing is known of a POST, so it
// counts as one that creates.
func CheckCall(method, path string, out any, methods ...string) (Class, error) {
	var errs []error
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		errs = append(errs, &edusdk.FieldError{Field: "out", Problem: "must be nil or a pointer"})
	}
	if err := CheckPath(path); err != nil {
		errs = append(errs, err)
	}
	if !slices.Contains(methods, method) {
		errs = append(errs, &edusdk.FieldError{Field: "method", Problem: "must be " + strings.Join(methods, " or ")})
	}
	class := Create
	if method == http.MethodGet {
		class = Read
	}
	return class, params.Join(errs...)
}

// CheckPath checks a path that a user gives.
func CheckPath(path string) error {
	path = strings.TrimPrefix(path, "/")
	if path == "" || strings.ContainsAny(path, "?#:\\ %") || strings.ContainsFunc(path, unicode.IsControl) ||
		strings.Contains("/"+path+"/", "/../") || strings.Contains("/"+path+"/", "/./") || strings.Contains("/"+path, "//") {
		return &edusdk.FieldError{Field: "path", Problem: `must be a path such as "api/v4/room/authinfo", without a query`}
	}
	return nil
}
