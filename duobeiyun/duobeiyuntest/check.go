package duobeiyuntest

import (
	"bytes"
	"cmp"
	"crypto/md5" //nolint:gosec // the vendor's choice
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/fake"
)

const (
	// window is how far a timestamp may be off.
	window = 5 * time.Minute
	// maxForm bounds a form or JSON body.
	maxForm = 1 << 20
)

// incoming is a request, taken apart.
type incoming struct {
	Request

	empty string // a parameter without a value, "" where all have one
	files int
}

// receive takes a request apart, as far as it goes. Where the status is not 200,
// the vendor's server would not look at it, for the problem returned.
func receive(r *http.Request, path string) (in *incoming, status int, problem string) {
	in = &incoming{Request: Request{
		Method: r.Method, Path: path, Header: r.Header.Clone(), Params: url.Values{},
	}}
	if !in.add(r.URL.RawQuery) {
		return in, http.StatusBadRequest, "the query is not URL-encoded"
	}
	if r.Method == http.MethodGet {
		return in, http.StatusOK, ""
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return in, http.StatusUnsupportedMediaType, "the header Content-Type is missing or wrong"
	}
	switch media {
	case "multipart/form-data":
		if err := in.addMultipart(r); err != nil {
			return in, http.StatusBadRequest, "the multipart form cannot be read to its end"
		}
	case "application/x-www-form-urlencoded", "application/json":
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
		if err != nil || len(body) > maxForm {
			return in, http.StatusBadRequest, "the body cannot be read, or is larger than 1 MiB"
		}
		if media == "application/json" {
			in.JSON = body
		} else if !in.add(string(body)) {
			return in, http.StatusBadRequest, "the body is not URL-encoded"
		}
	default:
		return in, http.StatusUnsupportedMediaType, "the Content-Type must be that of a form, a multipart form or JSON"
	}
	return in, http.StatusOK, ""
}

// add takes in URL-encoded parameters.
func (in *incoming) add(encoded string) bool {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return false
	}
	for name, vs := range values {
		for _, v := range vs {
			in.put(name, v)
		}
	}
	return true
}

// addMultipart takes in a multipart form. Files are read and counted only.
func (in *incoming) addMultipart(r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return err
	}
	for {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a wrapped one is a form that was cut off
			return nil
		}
		if err != nil {
			return err
		}
		if part.FileName() == "" {
			value, err := io.ReadAll(io.LimitReader(part, maxForm))
			if err != nil {
				return err
			}
			in.put(part.FormName(), string(value))
			continue
		}
		size, err := io.Copy(io.Discard, part)
		if err != nil {
			return err
		}
		in.files++
		in.File = &File{part.FormName(), part.FileName(), part.Header.Get("Content-Type"), size}
	}
}

func (in *incoming) put(name, value string) {
	in.Params.Add(name, value)
	if value == "" && in.empty == "" {
		in.empty = cmp.Or(name, " ")
	}
}

// get returns a parameter as the vendor sees it.
func (in *incoming) get(name string) string { return trim(in.Params.Get(name)) }

// trim does what Java's String.trim does, which the vendor applies to values
// before it signs them.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// checkSigned checks what every request has: who sent it, and when. It returns
// the vendor's code, and what is wrong.
func (in *incoming) checkSigned(now time.Time) (code, problem string) {
	for _, name := range []string{"partner", "timestamp", "sign"} {
		if in.get(name) == "" {
			return "app_parameter_error", name + " is missing"
		}
	}
	if in.get("partner") != Partner {
		return "app_error", "partner is not the fake's"
	}
	if in.empty != "" {
		return "app_sign_error", fake.Shown(in.empty) + " is empty: what has no value must not be sent"
	}
	if in.get("sign") != in.expectedSign() {
		return "app_sign_error", "sign is not the MD5 of the parameters, sorted and not URL-encoded, and the app key"
	}
	ms, err := strconv.ParseInt(in.get("timestamp"), 10, 64)
	if err != nil || time.UnixMilli(ms).Before(now.Add(-window)) || time.UnixMilli(ms).After(now.Add(window)) {
		return "app_timestamp_out_date_error", "timestamp is not in milliseconds, or more than five minutes off"
	}
	return "", ""
}

// expectedSign works out the signature by the rules of the document.
func (in *incoming) expectedSign() string {
	var pairs []string
	names := make([]string, 0, len(in.Params))
	for name := range in.Params {
		if name != "sign" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		for _, v := range in.Params[name] {
			pairs = append(pairs, name+"="+trim(v))
		}
	}
	digest := md5.Sum([]byte(strings.Join(pairs, "&") + AppKey)) //nolint:gosec // the vendor's choice
	return fmt.Sprintf("%x", digest)
}

// endpoint is a path that the fake serves.
type endpoint struct {
	method string
	params map[string]rule
	json   bool // a JSON body instead of parameters
	file   bool // a file besides the parameters
	page   bool // answers pages, failures too
	serve  func(*call) output
}

// rule is what a parameter has to be.
type rule struct {
	required bool
	form     *regexp.Regexp // nil: any
	code     string         // answered where form does not match
	want     string         // form in words
}

// checkParams checks a request's parameters against those of its endpoint. It
// returns the vendor's code, and what is wrong.
func (in *incoming) checkParams(e endpoint) (code, problem string) {
	const parameters = "app_parameter_error"
	for _, name := range slices.Sorted(maps.Keys(in.Params)) {
		switch name {
		case "partner", "timestamp", "sign":
			continue
		}
		r, known := e.params[name]
		switch values := in.Params[name]; {
		case !known:
			return parameters, fake.Shown(name) + " is not a parameter of this endpoint"
		case len(values) != 1:
			return parameters, name + " is there more than once"
		case r.form != nil && !r.form.MatchString(trim(values[0])):
			return r.code, name + " " + r.want
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.params)) {
		if e.params[name].required && !in.Params.Has(name) {
			return parameters, name + " is missing"
		}
	}
	switch {
	case e.json != (in.JSON != nil):
		return parameters, map[bool]string{true: "the body must be JSON", false: "the body must be a form, not JSON"}[e.json]
	case e.file != (in.files > 0) || in.files > 1:
		return parameters, map[bool]string{true: "the form must hold one file, slidesFile", false: "the form must not hold a file"}[e.file]
	}
	return "", ""
}

// encode writes JSON as the vendor does, without escaping HTML.
func encode(v any) []byte {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte(`{"success":false,"error":"other_error"}`)
	}
	return buf.Bytes()
}
