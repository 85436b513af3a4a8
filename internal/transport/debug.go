package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/redact"
)

const (
	// maxShape is how much is shown of what a JSON body is like, in bytes.
	maxShape = 1 << 10
	// maxNames is how many parameters or headers are shown.
	maxNames = 50
	// maxName is the length in bytes of the longest name that is shown, and
	// maxNameDigits how many digits it may have: a longer one may be data.
	maxName, maxNameDigits = 40, 3
)

// plainHeaders are the headers whose values are shown.
var plainHeaders = map[string]bool{
	"Accept": true, "Content-Type": true, "User-Agent": true,
	"Content-Length": true, "Content-Encoding": true, "Date": true, "Retry-After": true,
}

// writeDebug shows the last attempt to the importer's writer, without its values. What
// comes from the vendor is searched for the values of the request, too.
func (r *run) writeDebug(ctx context.Context, a *Attempt) {
	lines := []string{fmt.Sprintf("> %s %s, attempt %d: %s %s", r.vendor, r.call.Op, a.Number, r.call.Method, r.call.URL)}
	if a.Query != "" {
		lines = append(lines, "> query: "+namesOf(a.Query))
	}
	lines = appendHeader(lines, "> ", r.headerOf(r.call, mediaType(a.ContentType), optionsOf(ctx).Header, a.Header))
	switch {
	case a.Stream != nil:
		lines = append(lines, fmt.Sprintf("> a stream of %d bytes", a.Stream.Len()))
	case mediaType(a.ContentType) == "application/x-www-form-urlencoded":
		lines = append(lines, "> form: "+namesOf(string(a.Body)))
	case len(a.Body) > 0:
		lines = append(lines, "> "+shapeOf(a.Body))
	}
	elapsed := r.clock().Sub(a.began)
	if r.last.status == 0 {
		lines = append(lines, fmt.Sprintf("< no answer, %s", elapsed))
	} else {
		lines = append(lines, fmt.Sprintf("< HTTP %d, %d bytes, %s", r.last.status, r.last.read, elapsed))
		lines = appendHeader(lines, "< ", r.last.header)
		lines = append(lines, "< "+r.shape)
	}
	if r.last.err != nil {
		lines = append(lines, "! "+r.last.err.Error())
	}
	for _, u := range r.last.unread {
		lines = append(lines, "! unread: "+u.Field+": "+u.Problem)
	}
	_, _ = r.debug.Write(r.searched(ctx, a, lines)) // that it fails is the importer's business
}

// searched returns lines without the values of the request.
func (r *run) searched(ctx context.Context, a *Attempt, lines []string) []byte {
	var s redact.Search
	for _, line := range lines {
		s.Add(line)
	}
	r.hideCredentials(ctx, &s, r.call)
	hideRequest(&s, r.call, a, func() bool { return !isOver(ctx) })
	var out bytes.Buffer
	for number, line := range lines {
		clean, _ := s.Text(number)
		mark := line[:2] // which no value takes away
		out.WriteString(mark + edusdk.OneLine(strings.TrimPrefix(clean, mark)) + "\n")
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// namesOf returns the names in an encoded form or query, and how long their values are.
func namesOf(encoded string) string {
	var names []string
	for pair := range strings.SplitSeq(encoded, "&") {
		if len(names) == maxNames {
			return strings.Join(append(names, "…"), " ")
		}
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		names = append(names, fmt.Sprintf("%s(%d)", shownName(name), len(value)))
	}
	return strings.Join(names, " ")
}

// appendHeader adds a line for each header, and the values of those that tell nothing
// of anybody.
func appendHeader(lines []string, mark string, h http.Header) []string {
	keys := make([]string, 0, len(h))
	for k := range h {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		if i == maxNames {
			return append(lines, mark+"…")
		}
		for _, v := range h[k] {
			if !plainHeaders[k] {
				v = fmt.Sprintf("(%d)", len(v))
			}
			lines = append(lines, mark+shownName(k)+": "+v)
		}
	}
	return lines
}

// shownName returns a name of a parameter, a header or a member of an object as it is
// shown: what does not look like one that a program has given can be data.
func shownName(name string) string {
	digits := 0
	plain := name != "" && len(name) <= maxName && (name[0] < '0' || name[0] > '9')
	for _, c := range []byte(name) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '-', c == '.':
		default:
			plain = false
		}
	}
	if !plain || digits > maxNameDigits {
		return fmt.Sprintf("name(%d)", len(name))
	}
	return name
}

// mediaType returns a Content-Type without its parameters.
func mediaType(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return media
}

// shapeOf returns what a body is like: for JSON, the names of its members, the types of
// their values, and the lengths of texts and lists.
func shapeOf(body []byte) string {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	switch err := sniff(body); {
	case err != nil:
		return err.Error()
	case !json.Valid(body):
		return "broken JSON"
	}
	s := shaper{dec: json.NewDecoder(bytes.NewReader(body))}
	s.dec.UseNumber()
	s.value()
	return s.text.String()
}

// shaper writes the shape of a JSON text that is known to be valid.
type shaper struct {
	dec   *json.Decoder
	text  strings.Builder
	muted int  // in elements of a list that are like the first one
	full  bool // there is no room for more
}

func (s *shaper) write(text string) {
	switch {
	case s.muted > 0 || s.full:
	case s.text.Len()+len(text) > maxShape:
		s.full = true
		s.text.WriteString("…")
	default:
		s.text.WriteString(text)
	}
}

func (s *shaper) value() {
	token, _ := s.dec.Token()
	switch v := token.(type) {
	case json.Delim:
		if v == '{' {
			s.object()
		} else {
			s.list()
		}
		_, _ = s.dec.Token() // its end
	case string:
		s.write(fmt.Sprintf("text(%d)", len(v)))
	case json.Number:
		s.write("number")
	case bool:
		s.write("bool")
	default:
		s.write("null")
	}
}

func (s *shaper) object() {
	s.write("{")
	for first := true; s.dec.More(); first = false {
		name, _ := s.dec.Token()
		text, _ := name.(string)
		if !first {
			s.write(", ")
		}
		s.write(shownName(text) + ": ")
		s.value()
	}
	s.write("}")
}

// list shows the first element, which the others are like.
func (s *shaper) list() {
	s.write("[")
	n := 0
	for ; s.dec.More(); n++ {
		if n == 1 {
			s.muted++
		}
		s.value()
	}
	if n > 1 {
		s.muted--
		s.write(fmt.Sprintf(", … %d in all", n))
	}
	s.write("]")
}
