package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/zjy"
)

// What an importer may print that holds secrets. A Config's are strings in exported
// fields: no package can hide them in an unexported field of another.
type (
	exported   struct{ V any }
	unexported struct{ v any }
)

// printed are all the ways to print v, and what is around it. For %p, which vet
// refuses, package fmt asks no method.
func printed(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range "vsqxXdtbcoOUeEfFgGT" {
		for _, flag := range []string{"", "+", "#", " ", "-", "20.3"} {
			format := "%" + flag + string(verb)
			out[format] = fmt.Sprintf(format, v)
		}
	}
	if encoded, err := json.Marshal(v); err == nil {
		out["JSON"] = string(encoded)
	}
	var text, inJSON bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&inJSON, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	out["slog text"], out["slog JSON"] = text.String(), inJSON.String()
	return out
}

func showsNothing(t *testing.T, what string, v any) {
	t.Helper()
	for how, text := range printed(v) {
		assert.NotContains(t, strings.ToLower(text), canary, "%s of %s", how, what)
		for _, format := range []string{"%x", "% x", "%d"} {
			encoded := strings.Trim(fmt.Sprintf(format, []byte(canary)), "[]")
			assert.NotContains(t, strings.ToLower(text), encoded, "%s of %s", how, what)
		}
	}
}

// around returns v in all that a program puts values into. Methods are not asked
// for what is in an unexported field.
func around(v any) map[string]any {
	holders := map[string]any{
		"itself": v, "a struct": exported{v}, "a pointer to a struct": &exported{v}, "a map": map[string]any{"k": v}, "a slice": []any{v},
		"a typed slice": reflect.Append(reflect.MakeSlice(reflect.SliceOf(reflect.TypeOf(v)), 0, 1), reflect.ValueOf(v)).Interface(),
	}
	if reflect.TypeOf(v).Kind() == reflect.Pointer {
		holders["a pointer to it"] = &v
	}
	return holders
}

func TestConfigsPrintNothing(t *testing.T) {
	t.Parallel()
	token := edusdk.Token{Value: "canary-token", Expires: time.Date(2030, 5, 1, 8, 0, 0, 0, time.UTC), Extra: map[string]string{"k": "canary-extra"}}
	login := douyin.ClientCredentialConfig{AppID: "canary-app", Secret: "canary-secret", Endpoint: "https://canary:canary@token.test/"}
	bad := douyin.ClientCredential(login)
	login.Endpoint = ""
	device := supervision.Device{Type: supervision.TypePC, ID: "canary-device"}
	for _, v := range []any{
		token,
		duobeiyun.Config{Partner: "canary-partner", AppKey: "canary-key", BaseURL: "https://api.test?canary=1"},
		douyin.Config{AppID: "canary-app", Token: douyin.StaticToken("canary-token"), BaseURL: "https://canary@api.test"},
		douyin.Config{AppID: "canary-app", Token: douyin.ClientCredential(login), BaseURL: "https://api.test"},
		login, douyin.StaticToken("canary-token"), douyin.ClientCredential(login), bad,
		supervision.Config{Account: "canary-account", Password: "canary-password", BaseURL: "https://canary:canary@api.test", Device: device, PlatformCode: "canary"},
		supervision.Session{AcceptToken: "canary-token", PlatformCode: "canary-platform", PlatformName: "canary"},
		supervision.Headers{UserToken: "canary-token", DeviceID: "canary-device"},
		zjy.Config{Auth: "canary-auth", BaseURL: "canary://"},
		recorded.Config{BaseURL: "https://canary:canary@api.test"},
	} {
		pointer := reflect.New(reflect.TypeOf(v))
		pointer.Elem().Set(reflect.ValueOf(v))
		for where, holder := range around(v) {
			showsNothing(t, fmt.Sprintf("a %T in %s", v, where), holder)
		}
		for where, holder := range around(pointer.Interface()) {
			showsNothing(t, fmt.Sprintf("a pointer to a %T in %s", v, where), holder)
		}
		encoded, err := json.Marshal(exported{v})
		require.NoError(t, err, "%T", v)
		assert.Contains(t, string(encoded), "{", "%T is there", v)
	}
	// The sources of tokens, a client's own, and not a user's strings: these hide in
	// unexported fields, too.
	for _, v := range []any{douyin.StaticToken("canary-token"), douyin.ClientCredential(login), bad} {
		showsNothing(t, fmt.Sprintf("a %T in an unexported field", v), unexported{v})
		showsNothing(t, fmt.Sprintf("a %T in an unexported field", v), &unexported{v})
	}
}

func TestClientsPrintNothing(t *testing.T) {
	t.Parallel()
	for i := range vendors {
		v := &vendors[i]
		roots, err := v.open("https://vendor.test", canaryTokens{}, []edusdk.Option{edusdk.WithHeader("Authorization", "canary-header")})
		require.NoError(t, err)
		client := reflect.ValueOf(roots[0])
		values := []reflect.Value{client, client.Elem()}
		for j := range client.Elem().NumField() {
			if f := client.Elem().Type().Field(j); f.IsExported() {
				values = append(values, client.Elem().Field(j), client.Elem().Field(j).Elem())
			}
		}
		for _, value := range values {
			for where, holder := range around(value.Interface()) {
				showsNothing(t, fmt.Sprintf("a %s in %s", value.Type(), where), holder)
			}
			for _, holder := range []any{unexported{value.Interface()}, &unexported{value.Interface()}} {
				showsNothing(t, fmt.Sprintf("a %s in an unexported field", value.Type()), holder)
			}
			assert.Contains(t, fmt.Sprintf("%s", value.Interface()), "https://vendor.test", "%s tells its address", value.Type())
		}
		showsNothing(t, "the zero value", reflect.Zero(client.Type().Elem()).Interface())
		assert.NotContains(t, fmt.Sprint(reflect.Zero(client.Type().Elem()).Interface()), "PANIC")
	}
}

// A user and password in an address would be in every link and log line.
func TestNoUserinfoInAnAddress(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"https://canary@vendor.test", "https://canary:canary@vendor.test/api", "http://:canary@vendor.test", "https://canary:canary%zz@vendor.test"} {
		for i := range vendors {
			_, err := vendors[i].open(base, canaryTokens{}, nil)
			refusesAddress(t, err)
		}
		source := douyin.ClientCredential(douyin.ClientCredentialConfig{AppID: "a", Secret: "s", Endpoint: base})
		_, err := source.Token(t.Context())
		refusesAddress(t, err)
		_, err = douyin.New(douyin.Config{AppID: "a", Token: source})
		refusesAddress(t, err)
	}
}

func refusesAddress(t *testing.T, err error) {
	t.Helper()
	require.ErrorIs(t, err, edusdk.ErrInvalidArgument)
	var f *edusdk.FieldError
	require.ErrorAs(t, err, &f)
	assert.Regexp(t, `\.(BaseURL|Endpoint)$`, f.Field)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, f), canary)
}
