package school

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
)

// Recording is an exchange that may be kept as a fixture. It has nothing of the
// request's query, headers and body, and of the answer only its shape and the values
// that are known to be harmless.
type Recording struct {
	Method, Path string
	Status       int
	Body         any
}

// Recorder returns a wrapper for edusdk.WithTransportWrapper that records exchanges
// whose answers are JSON. keep names the members whose values are kept: a list of what is harmless,
// because nobody knows all that is not.
func Recorder(record func(Recording), keep ...string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			text, err := io.ReadAll(answer.Body)
			if err != nil {
				_ = answer.Body.Close()
				return nil, err
			}
			if err := answer.Body.Close(); err != nil {
				return nil, err
			}
			answer.Body = io.NopCloser(bytes.NewReader(text))
			var body any
			if json.Unmarshal(text, &body) == nil {
				record(Recording{r.Method, r.URL.Path, answer.StatusCode, scrub(body, false, keep)})
			}
			return answer, nil
		})
	}
}

// Replay returns a transport for edusdk.WithTransport that answers with recordings, in
// their order.
func Replay(recordings ...Recording) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if len(recordings) == 0 || recordings[0].Method != r.Method || recordings[0].Path != r.URL.Path {
			return &http.Response{StatusCode: http.StatusTeapot, Body: http.NoBody, Request: r}, nil
		}
		text, err := json.Marshal(recordings[0].Body)
		if err != nil {
			return nil, err
		}
		answer := &http.Response{StatusCode: recordings[0].Status, Body: io.NopCloser(bytes.NewReader(text)), Request: r}
		recordings = recordings[1:]
		return answer, nil
	})
}

// scrub replaces the values of an answer by others of the same type.
func scrub(v any, harmless bool, keep []string) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = scrub(member, slices.Contains(keep, name), keep)
		}
	case []any:
		for i := range v {
			v[i] = scrub(v[i], harmless, keep)
		}
	case string:
		if !harmless {
			return strings.Repeat("x", len([]rune(v)))
		}
	case float64:
		if !harmless {
			return 0
		}
	}
	return v
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
