package transport

import (
	"net/http"
	"strings"
	"unicode"

	"github.com/edusdk/edusdk"
)

// CheckCall checks the method and path that a user gives to a client's Call,
// and returns how safe the call is to repeat: nothing is known of a POST, so it
// counts as one that creates.
func CheckCall(method, path string) (Class, error) {
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
