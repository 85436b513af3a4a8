package supervisiontest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/edusdk/edusdk/internal/fake"
	"github.com/edusdk/edusdk/supervision"
)

const (
	// window is how far a timestamp may be off.
	window = 5 * time.Minute
	// maxBody bounds a request's body, and an answer's to PushClass and PullCourses.
	maxBody = 8 << 20
	// maxDepth bounds how deep chapters may stand in chapters.
	maxDepth = 32
	// maxShown is how much of a face's base64 Requests shows.
	maxShown = 64
)

// kind is the type of a value in JSON.
type kind int

const (
	text   kind = iota // a string
	whole              // a whole number
	digits             // a whole number in a string
	either             // one or the other, for table and sample disagree
	flag               // true or false
	list
	object
)

// What a value of each kind has to be, in the platform's words.
var wanted = map[kind]string{
	text: "应为字符串", whole: "应为整数", digits: "应为数字字符串", either: "应为整数", flag: "应为布尔值", list: "应为数组", object: "应为对象",
}

// rule is what a value has to be.
type rule struct {
	kind     kind
	optional bool // may be missing, null or empty
	blank    bool // has to be there, and may be an empty text
	min, max int64
	values   []string // that a text may be
	url      bool     // a text has to be one
	of       *shape   // of an object, or of each in a list
}

// shape is which fields an object has.
type shape struct {
	fields map[string]rule
	oneOf  [][]string // fields of which one has to be there
}

// required returns rules of texts that have to be there.
func required(names ...string) map[string]rule { return rules(rule{}, names...) }

// optional returns rules of texts that may be missing.
func optional(names ...string) map[string]rule { return rules(rule{optional: true}, names...) }

func rules(r rule, names ...string) map[string]rule {
	all := map[string]rule{}
	for _, name := range names {
		all[name] = r
	}
	return all
}

// fieldsOf joins rules.
func fieldsOf(parts ...map[string]rule) *shape {
	all := map[string]rule{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return &shape{fields: all}
}

// check checks a value. It returns it with numbers of kind either as strings,
// and what is wrong in the platform's words, "" for nothing.
func (r rule) check(where string, v any, depth int) (any, string) {
	fail := func(why string) (any, string) { return v, where + " " + why }
	switch {
	case !empty(v), r.blank && v == "":
	case !r.optional:
		return fail("不能为空")
	case r.mayBe(v):
		return v, ""
	}
	switch typed := v.(type) {
	case string:
		if r.kind == text {
			return v, r.checkText(where, typed)
		}
		if r.kind == digits || r.kind == either {
			return v, r.checkNumber(where, typed)
		}
	case json.Number:
		if r.kind == whole || r.kind == either {
			if r.kind == either {
				v = typed.String()
			}
			return v, r.checkNumber(where, typed.String())
		}
	case bool:
		if r.kind == flag {
			return v, ""
		}
	case []any:
		if r.kind == list {
			return v, r.checkList(where, typed, depth)
		}
	case map[string]any:
		if r.kind == object {
			if depth > maxDepth {
				return fail("层级过深")
			}
			return v, r.of.check(where, typed, depth)
		}
	}
	return fail(wanted[r.kind])
}

// mayBe reports whether an empty value is of the rule's type.
func (r rule) mayBe(v any) bool {
	switch v.(type) {
	case string:
		return r.kind == text || r.kind == digits || r.kind == either
	case []any:
		return r.kind == list
	}
	return true
}

// empty reports whether a value counts as none.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

func (r rule) checkText(where, s string) string {
	if r.values != nil && !slices.Contains(r.values, s) {
		return where + " 取值应为 " + strings.Join(r.values, "、")
	}
	if r.url && !isURL(s) {
		return where + " 应为 http 或 https 地址"
	}
	return ""
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

func (r rule) checkNumber(where, s string) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != s {
		return where + " " + wanted[r.kind]
	}
	if n < r.min {
		return fmt.Sprintf("%s 不能小于 %d", where, r.min)
	}
	if r.max > 0 && n > r.max {
		return fmt.Sprintf("%s 不能大于 %d", where, r.max)
	}
	return ""
}

func (r rule) checkList(where string, values []any, depth int) string {
	element := rule{kind: object, of: r.of}
	for i, v := range values {
		if _, problem := element.check(fmt.Sprintf("%s[%d]", where, i), v, depth+1); problem != "" {
			return problem
		}
	}
	return ""
}

// check checks an object's fields, and changes those that rule.check changes.
func (s *shape) check(where string, fields map[string]any, depth int) string {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, known := s.fields[name]; !known {
			return fmt.Sprintf("%s.%s 不是文档中的字段", where, fake.Shown(name))
		}
	}
	for _, names := range s.oneOf {
		if !slices.ContainsFunc(names, func(name string) bool { return !empty(fields[name]) }) {
			return fmt.Sprintf("%s.%s 不能为空", where, names[0])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.fields)) {
		v, problem := s.fields[name].check(where+"."+name, fields[name], depth)
		if problem != "" {
			return problem
		}
		if _, there := fields[name]; there {
			fields[name] = v
		}
	}
	return ""
}

// incoming is a request, taken apart.
type incoming struct {
	Request

	problem string         // that it is not the document's envelope
	headers map[string]any // as they arrived
	data    any            // to be checked; a copy of Request.Data
	size    int            // of what Request.Data keeps
}

// receive takes a request apart. What is none that the platform would look at
// has a status that is not 200.
func receive(r *http.Request) *incoming {
	in := &incoming{Request: Request{
		Method: r.Method, Path: strings.TrimPrefix(r.URL.Path, "/"), Header: r.Header.Clone(), Status: http.StatusOK,
	}}
	refuse := func(status int, problem string) *incoming {
		in.Status, in.Problem = status, problem
		return in
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, "the method must be POST")
	case err != nil || media != "application/json":
		return refuse(http.StatusUnsupportedMediaType, "the header Content-Type must be application/json")
	}
	switch body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1)); {
	case err != nil:
		return refuse(http.StatusBadRequest, "the body cannot be read to its end")
	case len(body) > maxBody:
		return refuse(http.StatusRequestEntityTooLarge, "the body is larger than 8 MiB")
	default:
		in.decode(body)
		return in
	}
}

// decode reads a body's headers and data.
func (in *incoming) decode(body []byte) {
	var parts map[string]json.RawMessage
	switch {
	case !utf8.Valid(body):
		in.problem = "请求体不是 UTF-8 编码"
		return
	case json.Unmarshal(body, &parts) != nil || parts == nil:
		in.problem = "请求体不是 JSON 对象"
		return
	}
	if headers, ok := decode(parts["headers"]).(map[string]any); ok {
		in.headers = headers
		in.DeviceType, _ = headers["deviceType"].(string)
		in.DeviceID, _ = headers["deviceId"].(string)
		in.Timestamp, _ = headers["timestamp"].(string)
		for _, key := range []string{"userToken", "user_token"} {
			if token, ok := headers[key].(string); ok {
				in.Token = token
			}
		}
	}
	in.data, in.Data, in.size = decode(parts["data"]), decode(parts["data"]), len(parts["data"])
	if fields, ok := in.Data.(map[string]any); ok {
		if face, ok := fields["target"].(string); ok && len(face) > maxShown {
			fields["target"] = fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(face[:maxShown], ""), len(face))
			in.size -= len(face) - maxShown
		}
	}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if name != "headers" && name != "data" {
			in.problem = fake.Shown(name) + " 不是文档中的字段"
		}
	}
}

// decode reads JSON that is known to be valid; nil stands for none.
func decode(raw json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil
	}
	return v
}

// deviceTypes are the four of the document.
var deviceTypes = []string{
	string(supervision.TypePC), string(supervision.TypeH5), string(supervision.TypeAndroid), string(supervision.TypeIOS),
}

// checkHeaders checks what every request has. The key of the token is "" where
// there must not be one.
func (in *incoming) checkHeaders(tokenKey string, now time.Time) (code, problem string) {
	if in.problem != "" {
		return CodeInvalidJSON, in.problem
	}
	headers := fieldsOf(required("timestamp", "deviceId"), rules(rule{values: deviceTypes}, "deviceType"))
	if tokenKey != "" {
		headers.fields[tokenKey] = rule{}
	}
	var all any // not a map of no type
	if in.headers != nil {
		all = in.headers
	}
	if _, problem := (rule{kind: object, of: headers}).check("headers", all, 0); problem != "" {
		return CodeInvalidParameter, problem
	}
	if in.DeviceType == string(supervision.TypeAndroid) && strings.Contains(in.DeviceID, ":") {
		return CodeInvalidParameter, "headers.deviceId 需去除冒号"
	}
	seconds, err := strconv.ParseInt(in.Timestamp, 10, 64)
	if sent := time.Unix(seconds, 0); err != nil || sent.Before(now.Add(-window)) || sent.After(now.Add(window)) {
		return CodeInvalidTimestamp, "headers.timestamp 不在有效时间内"
	}
	return "", ""
}

// textOf returns a field of data that was checked, "" for one that is missing.
func textOf(data any, name string) string {
	fields, _ := data.(map[string]any)
	s, _ := fields[name].(string)
	return s
}

// secondsOf returns a field in seconds of data that was checked.
func secondsOf(data any, name string) time.Duration {
	fields, _ := data.(map[string]any)
	number, _ := fields[name].(json.Number)
	n, err := number.Int64()
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// into writes data that was checked into a type whose fields its rules match.
func into[T any](data any) (T, error) {
	var v T
	raw, err := json.Marshal(data)
	if err == nil {
		err = json.Unmarshal(raw, &v)
	}
	return v, err
}

// encode writes JSON as the platform does, without escaping HTML.
func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}
