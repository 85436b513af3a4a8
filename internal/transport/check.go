package transport

import (
	"net/http"
	"reflect"
	"strings"
	"unicode"

	"github.com/edusdk/edusdk"
)

// escapeHatch is the Op of every client's Call.
const escapeHatch = "Call"

// CheckCall checks what a user gives to a client's Call: the method, the path, and
// out, nil or a pointer to what the answer is decoded into. It returns how safe the
// call is to repeat: nothing is known of a POST, so it counts as one that creates.
func CheckCall(method, path string, out any) (Class, error) {
	if v := reflect.ValueOf(out); out != nil && (v.Kind() != reflect.Pointer || v.IsNil()) {
		return 0, &edusdk.FieldError{Field: "out", Problem: "must be nil or a pointer"}
	}
	path = strings.TrimPrefix(path, "/")
	if path == "" || strings.ContainsAny(path, "?#:\\ %") || strings.ContainsFunc(path, unicode.IsControl) ||
		strings.Contains("/"+path+"/", "/../") || strings.Contains("/"+path+"/", "/./") || strings.Contains("/"+path, "//") {
		return 0, &edusdk.FieldError{Field: "path", Problem: `must be one like "api/v4/room/authinfo", without a query`}
	}
	switch method {
	case http.MethodGet:
		return Read, nil
	case http.MethodPost:
		return Create, nil
	}
	return 0, &edusdk.FieldError{Field: "method", Problem: "must be GET or POST"}
}
