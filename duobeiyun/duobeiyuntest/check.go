package duobeiyuntest

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the vendor's choice
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"time"
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

	empty bool // it has a parameter without a value
	files int
}

// receive takes a request apart, as far as it goes. The status is not 200 where
// the vendor's server would not look at it.
func receive(r *http.Request, path string) (*incoming, int) {
	in := &incoming{Request: Request{
		Method: r.Method, Path: path, Header: r.Header.Clone(), Params: url.Values{},
	}}
	if !in.add(r.URL.RawQuery) {
		return in, http.StatusBadRequest
	}
	if r.Method == http.MethodGet {
		return in, http.StatusOK
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return in, http.StatusUnsupportedMediaType
	}
	switch media {
	case "multipart/form-data":
		if err := in.addMultipart(r); err != nil {
			return in, http.StatusBadRequest
		}
	case "application/x-www-form-urlencoded", "application/json":
		body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
		if err != nil || len(body) > maxForm {
			return in, http.StatusBadRequest
		}
		if media == "application/json" {
			in.JSON = body
		} else if !in.add(string(body)) {
			return in, http.StatusBadRequest
		}
	default:
		return in, http.StatusUnsupportedMediaType
	}
	return in, http.StatusOK
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
	in.empty = in.empty || value == ""
}

// get returns a parameter as the vendor sees it.
func (in *incoming) get(name string) string { return trim(in.Params.Get(name)) }

// trim does what Java's String.trim does, which the vendor applies to values
// before it signs them.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// checkSigned checks what every request has: who sent it, and when.
func (in *incoming) checkSigned(now time.Time) string {
	if in.get("partner") == "" || in.get("timestamp") == "" || in.get("sign") == "" {
		return "app_parameter_error"
	}
	if in.get("partner") != Partner {
		return "app_error"
	}
	if in.empty || in.get("sign") != in.expectedSign() {
		return "app_sign_error"
	}
	ms, err := strconv.ParseInt(in.get("timestamp"), 10, 64)
	if err != nil || time.UnixMilli(ms).Before(now.Add(-window)) || time.UnixMilli(ms).After(now.Add(window)) {
		return "app_timestamp_out_date_error"
	}
	return ""
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
}

// checkParams checks a request's parameters against those of its endpoint.
func (in *incoming) checkParams(e endpoint) string {
	for name, values := range in.Params {
		switch name {
		case "partner", "timestamp", "sign":
			continue
		}
		r, known := e.params[name]
		if !known || len(values) != 1 {
			return "app_parameter_error"
		}
		if r.form != nil && !r.form.MatchString(trim(values[0])) {
			return r.code
		}
	}
	for name, r := range e.params {
		if r.required && !in.Params.Has(name) {
			return "app_parameter_error"
		}
	}
	if e.json != (in.JSON != nil) || e.file != (in.files > 0) || in.files > 1 {
		return "app_parameter_error"
	}
	return ""
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
