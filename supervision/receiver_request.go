package supervision

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/internal/charset"
	"github.com/edusdk/edusdk/internal/lenient"
)

// VerifierFunc decides whether a request comes from the platform.
type VerifierFunc func(ctx context.Context, h Headers, r *http.Request) error

// SharedToken returns a verifier that accepts requests whose userToken is token,
// which you have agreed upon with the platform. It compares in constant time. For an
// empty token it returns nil, which NewReceiver refuses.
func SharedToken(token string) VerifierFunc {
	if token == "" {
		return nil
	}
	want := sha256.Sum256([]byte(token))
	return func(_ context.Context, h Headers, _ *http.Request) error {
		got := sha256.Sum256([]byte(h.UserToken))
		if subtle.ConstantTimeCompare(want[:], got[:]) != 1 {
			return errWrongToken
		}
		return nil
	}
}

var errWrongToken = errors.New("the token is not the one that was agreed upon")

// Headers are the headers within a request's body (通用请求参数headers). They redact
// the token when printed.
type Headers struct {
	DeviceType DeviceType // kind of the sending device (设备类型); "" if the request does not say
	DeviceID   string     // id of the sending device (设备唯一标识)
	Timestamp  time.Time  // when the request was made; zero if the request does not say
	UserToken  string     // the member userToken, or else user_token
}

// String leaves the token out.
func (h Headers) String() string {
	return fmt.Sprintf("supervision.Headers(%s, redacted)", h.DeviceType)
}

// Format is String for every verb, so that none shows a secret.
func (h Headers) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, h.String()) }

// LogValue is String for package slog.
func (h Headers) LogValue() slog.Value { return slog.StringValue(h.String()) }

// MarshalText is String for encoding/json and the like.
func (h Headers) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// maxSeconds is from where on a timestamp counts milliseconds: as seconds, it
// would be of the year 5138.
const maxSeconds = 1e11

// UnmarshalJSON reads the headers of both parts of the document. The timestamp
// counts seconds since 1970, or milliseconds where it is too large for that.
func (h *Headers) UnmarshalJSON(data []byte) error {
	var w struct {
		DeviceType    lenient.Text `json:"deviceType"`
		DeviceID      lenient.Text `json:"deviceId"`
		Timestamp     lenient.Text `json:"timestamp"`
		UserToken     lenient.Text `json:"userToken"`
		BusinessToken lenient.Text `json:"user_token"`
	}
	if err := lenient.Unmarshal(data, &w); err != nil {
		return err
	}
	*h = Headers{DeviceType: DeviceType(w.DeviceType), DeviceID: string(w.DeviceID), UserToken: string(w.UserToken)}
	if h.UserToken == "" {
		h.UserToken = string(w.BusinessToken)
	}
	if text := strings.TrimSpace(string(w.Timestamp)); text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		switch {
		case err != nil || n <= 0:
			return errTimestamp
		case n < maxSeconds:
			h.Timestamp = time.Unix(n, 0)
		default:
			h.Timestamp = time.UnixMilli(n)
		}
	}
	return nil
}

var errTimestamp error = &lenient.Error{Field: "timestamp", Problem: "is not in seconds since 1970"}

// malformed turns away a request that is not what the document says. err is one
// of package lenient, which names fields and holds no values.
func malformed(err error) error {
	return turnAway(http.StatusBadRequest, msgMalformed+": "+err.Error(), err.Error())
}

func wrongField(field, problem string) error {
	return malformed(&lenient.Error{Field: field, Problem: problem})
}

// decode takes the envelope off.
func (in *inbound) decode() error {
	var w struct {
		Headers *Headers        `json:"headers"`
		Data    json.RawMessage `json:"data"`
	}
	if err := checkShape(in.text, mostElements(len(in.text))); err != nil {
		return malformed(err)
	}
	if charset.LoneSurrogate(in.text) {
		return malformed(&lenient.Error{Problem: `the JSON has half of a character in an escape such as \ud800`})
	}
	if err := lenient.Unmarshal(in.text, &w); err != nil {
		return malformed(err)
	}
	data, err := only(w.Data)
	if err != nil {
		return malformed(err)
	}
	if w.Headers == nil {
		return wrongField("headers", "is missing")
	}
	switch w.Headers.DeviceType {
	case "", TypePC, TypeH5, TypeAndroid, TypeIOS:
	default:
		return wrongField("headers.deviceType", "is not one of TYPE_PC, TYPE_H5, TYPE_ANDROID and TYPE_IOS")
	}
	in.headers, in.data = *w.Headers, data
	return nil
}

// only returns an object that may stand in an array by itself.
func only(data json.RawMessage) (json.RawMessage, error) {
	data = bytes.TrimSpace(data)
	if isArray(data) {
		var elements []json.RawMessage
		if err := lenient.Unmarshal(data, &elements); err != nil {
			return nil, err
		}
		if len(elements) != 1 {
			return nil, &lenient.Error{Field: "data", Problem: "is an array whose length is not 1"}
		}
		data = bytes.TrimSpace(elements[0])
	}
	switch {
	case len(data) == 0 || string(data) == "null":
		return nil, &lenient.Error{Field: "data", Problem: "is missing"}
	case data[0] != '{':
		return nil, &lenient.Error{Field: "data", Problem: "is not an object"}
	case len(bytes.TrimSpace(data[1:len(data)-1])) == 0:
		return nil, &lenient.Error{Field: "data", Problem: "is empty"}
	}
	return data, nil
}

// checkTime turns away what was not sent just now.
func (in *inbound) checkTime() error {
	most, at := in.rc.cfg.MaxSkew, in.headers.Timestamp
	if most == 0 || !at.IsZero() && in.rc.now().Sub(at).Abs() <= most {
		return nil
	}
	return turnAway(http.StatusBadRequest, msgTimestamp, "the timestamp is missing or differs from Clock by more than MaxSkew")
}

// verify asks Verify, with a copy of the request whose body can be read.
func (in *inbound) verify(ctx context.Context) error {
	r := in.request.WithContext(ctx)
	r.Body = io.NopCloser(bytes.NewReader(in.body))
	if in.rc.cfg.Verify(ctx, in.headers, r) != nil {
		return turnAway(http.StatusUnauthorized, msgUnauthorized, "Verify refused the request")
	}
	return nil
}

// wireKind is what a member of a request may be. All may be null, which is as
// good as absent.
type wireKind int

const (
	wireText   wireKind = iota + 1 // a string, or a number that stands for one
	wireNumber                     // a whole number, or one in a string
	wireMaybe                      // the same, or ""
	wireLength                     // the same, and not negative
	wireFlag                       // the same as wireNumber, or a bool
)

// The members of requests whose types are checked, in lower case, for
// encoding/json takes any. Others, such as a province may add, can be anything.
var (
	classMembers = map[string]wireKind{
		"classcode": wireText, "orgcode": wireText, "orgname": wireText, "trainclassname": wireText, "workname": wireText,
		"coursecode": wireText, "chaptercode": wireText, "chapetcode": wireText, "title": wireText,
		"rescode": wireText, "restype": wireText, "videourl": wireText, "videoshowtimelength": wireText,
		"cardno": wireText, "studentusercode": wireText, "studentname": wireText, "studentphone": wireText, "ercunphotos": wireText,
		"studentcode":            wireText,
		"realnameauthentication": wireFlag, "videostartface": wireFlag,
		"studyhourlimit": wireNumber, "videoonhook": wireNumber,
		"triggertype": wireMaybe, "triggervvalue": wireMaybe, "triggervalue": wireMaybe, "facetimelimit": wireMaybe, "videoplayrecord": wireMaybe,
		"sort": wireMaybe, "videotimelength": wireLength,
	}
	pageMembers = map[string]wireKind{"pageno": wireNumber, "pagesize": wireNumber}
)

// level is an object or array that a value stands in.
type level struct {
	key   string // its own, "" in an array
	array bool
}

// checkTypes checks the types of members, however deep they stand. Decoding is
// lenient, and would take true for 1 and "" for 0.
func checkTypes(data []byte, members map[string]wireKind) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var around []level
	key, expectKey := "", false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &lenient.Error{Problem: "the JSON is broken"}
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			around = append(around, level{key, token == json.Delim('[')})
		case json.Delim('}'), json.Delim(']'):
			around = around[:len(around)-1]
		default:
			if expectKey {
				key, _ = token.(string)
				expectKey = false
				continue
			}
			if problem := members[strings.ToLower(key)].problem(token); problem != "" {
				return &lenient.Error{Field: pathOf(around, key), Problem: problem}
			}
		}
		// A value has begun or ended. In an object, a key comes next.
		key, expectKey = "", len(around) > 0 && !around[len(around)-1].array
	}
}

// pathOf joins the keys that lead to a member.
func pathOf(around []level, key string) string {
	names := []string{"data"}
	for _, l := range around {
		if l.key != "" {
			names = append(names, l.key)
		}
	}
	return strings.Join(append(names, key), ".")
}

// problem tells what is wrong with a string, a number, a bool or null.
func (k wireKind) problem(value json.Token) string {
	switch v := value.(type) {
	case bool:
		if k != 0 && k != wireFlag {
			return "has bool where " + k.wants() + " was expected"
		}
	case json.Number:
		return k.problemOf(v.String())
	case string:
		if v = strings.TrimSpace(v); v != "" || k != wireMaybe && k != wireLength {
			return k.problemOf(v)
		}
	}
	return ""
}

func (k wireKind) problemOf(number string) string {
	switch {
	case k <= wireText:
		return ""
	case !isWhole(number):
		return "is not a whole number"
	case k == wireLength && number[0] == '-':
		return "is negative"
	}
	return ""
}

func (k wireKind) wants() string {
	if k == wireText {
		return "a string"
	}
	return "a number"
}

// isWhole reports whether a text is a whole number, which may have a fraction of
// zeros.
func isWhole(s string) bool {
	whole, fraction, _ := strings.Cut(s, ".")
	_, err := strconv.ParseInt(whole, 10, 64)
	return err == nil && strings.Trim(fraction, "0") == "" && !strings.HasSuffix(s, ".")
}
