// Package charset turns the body of a message into UTF-8. It goes by the bytes
// first and by the label second: bytes decide whether a text is UTF-8, and only
// a label makes it GBK, because every text in Latin-1 or Big5 can be read as GBK
// too.
package charset

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// What a body is that cannot be read. The texts hold nothing of the body.
var (
	ErrUTF16    = errors.New("the text is in UTF-16 or UTF-32, where UTF-8 is expected")
	ErrNotUTF8  = errors.New("the text is not UTF-8, and not labelled as GBK, GB2312 or GB18030")
	ErrNotGBK   = errors.New("the text is neither UTF-8 nor what it is labelled as: GBK, GB2312 or GB18030")
	ErrTooLarge = errors.New("the text is too large in UTF-8")
)

// ToUTF8 returns body in UTF-8, without a byte order mark. contentType is the
// message's Content-Type, "" if it has none. The result has at most limit bytes;
// a limit of 0 or less is none. A body that is UTF-8 already is returned as it
// is, not copied.
//
// UTF-8 beats the label GBK, with one exception: a text whose only characters
// outside ASCII take two bytes, as Latin and Cyrillic ones do, is as likely to be
// one or two Chinese characters in GBK, and there the label decides.
//
// A character that the decoder does not know is an error and never U+FFFD; a
// U+FFFD that the sender wrote stays.
func ToUTF8(body []byte, contentType string, limit int) ([]byte, error) {
	text, marked := bytes.CutPrefix(body, []byte("\xef\xbb\xbf"))
	switch {
	case utf8.Valid(text):
		if !marked && isGB(contentType) && twoByteRunesOnly(text) {
			return decodeGB(text, limit)
		}
		return capped(text, limit)
	case marked:
		return nil, ErrNotUTF8
	case hasUTF16Mark(body):
		return nil, ErrUTF16
	}
	if gb, marked := bytes.CutPrefix(body, []byte("\x84\x31\x95\x33")); marked || isGB(contentType) {
		return decodeGB(gb, limit)
	}
	return nil, ErrNotUTF8
}

// PageToUTF8 is ToUTF8 for a web page, which can name its character set in a meta
// element where its Content-Type does not, or names one that it is not in.
func PageToUTF8(body []byte, contentType string, limit int) ([]byte, error) {
	own := ""
	if m := metaCharset.FindSubmatch(body[:min(len(body), maxPrescan)]); m != nil {
		own = "text/html; charset=" + string(m[1])
	}
	if !strings.Contains(strings.ToLower(contentType), "charset") {
		contentType = own
	}
	text, err := ToUTF8(body, contentType, limit)
	if errors.Is(err, ErrNotUTF8) && isGB(own) {
		return ToUTF8(body, own, limit)
	}
	return text, err
}

// metaCharset finds the character set in a meta element: its charset, or that within
// its content.
var metaCharset = regexp.MustCompile(`(?i)<meta\s[^>]*\bcharset\s*=\s*["']?\s*([\w-]+)`)

// maxPrescan is where in a page a meta element that names its character set has to
// stand (HTML, 13.2.3.2).
const maxPrescan = 1024

func capped(text []byte, limit int) ([]byte, error) {
	if limit > 0 && len(text) > limit {
		return nil, ErrTooLarge
	}
	return text, nil
}

// hasUTF16Mark reports whether a text begins with the byte order mark of UTF-16
// or UTF-32.
func hasUTF16Mark(text []byte) bool {
	return bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) ||
		bytes.HasPrefix(text, []byte("\x00\x00\xfe\xff"))
}

// twoByteRunesOnly reports whether a UTF-8 text has characters outside ASCII, and
// all of them take two bytes.
func twoByteRunesOnly(text []byte) bool {
	found := false
	for _, c := range text {
		if c >= 0xe0 {
			return false
		}
		found = found || c >= utf8.RuneSelf
	}
	return found
}

// isGB reports whether a Content-Type says that a text is in one of the Chinese
// character sets, of which GB18030 holds the others.
func isGB(contentType string) bool {
	if contentType == "" {
		return false
	}
	for parameter := range strings.SplitSeq(contentType, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if !strings.EqualFold(strings.TrimSpace(name), "charset") {
			continue
		}
		switch strings.ToLower(strings.Trim(value, " \t\"'")) {
		case "gbk", "x-gbk", "gb2312", "gb_2312", "gb_2312-80", "gb-2312", "euc-cn", "gb18030", "gb-18030", "cp936", "ms936", "windows-936", "chinese":
			return true
		}
		return false
	}
	return false
}

// replacement is U+FFFD in GB18030.
var replacement = []byte("\x84\x31\xa4\x37")

// decodeGB decodes a text in GB18030, piece by piece between the characters
// U+FFFD that it holds itself: in a piece, U+FFFD can only be the decoder's.
func decodeGB(text []byte, limit int) ([]byte, error) {
	out := make([]byte, 0, len(text)+len(text)/2)
	decoder := simplifiedchinese.GB18030.NewDecoder()
	for len(text) > 0 {
		length, own, ok := piece(text)
		if !ok {
			return nil, ErrNotGBK
		}
		decoded, err := decoder.Bytes(text[:length])
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return nil, ErrNotGBK
		}
		out = append(out, decoded...)
		text = text[length:]
		if own {
			out = utf8.AppendRune(out, utf8.RuneError)
			text = text[len(replacement):]
		}
		if limit > 0 && len(out) > limit {
			return nil, ErrTooLarge
		}
	}
	return out, nil
}

// maxPiece bounds what is decoded before its length is looked at again.
const maxPiece = 64 << 10

// piece returns how much of a text comes before the next U+FFFD of its own, if
// there is one within maxPiece, and whether the bytes can be characters at all.
func piece(text []byte) (length int, own, ok bool) {
	for length < len(text) && length < maxPiece {
		rest := text[length:]
		switch c := rest[0]; {
		case c <= 0x80:
			length++
		case c == 0xff || len(rest) < 2:
			return 0, false, false
		case rest[1] >= 0x40:
			length += 2
		case rest[1] < 0x30 || rest[1] > 0x39 || len(rest) < 4:
			return 0, false, false
		case bytes.HasPrefix(rest, replacement):
			return length, true, true
		default:
			length += 4
		}
	}
	return length, false, true
}

// LoneSurrogate reports whether a JSON text has an escape such as \ud800 that is
// half of a character without its other half. encoding/json reads U+FFFD for it.
func LoneSurrogate(json []byte) bool {
	for {
		at := bytes.IndexByte(json, '\\')
		if at < 0 || at+1 >= len(json) {
			return false
		}
		json = json[at:]
		unit, ok := escaped(json)
		switch {
		case !ok:
			json = json[2:]
		case unit < 0xd800 || unit > 0xdfff:
			json = json[6:]
		default:
			low, ok := escaped(json[6:])
			if unit >= 0xdc00 || !ok || low < 0xdc00 || low > 0xdfff {
				return true
			}
			json = json[12:]
		}
	}
}

// escaped returns the code unit of the escape \uXXXX that a text begins with.
func escaped(json []byte) (unit int, ok bool) {
	if len(json) < 6 || json[0] != '\\' || json[1] != 'u' {
		return 0, false
	}
	for _, c := range json[2:6] {
		var digit int
		switch {
		case c >= '0' && c <= '9':
			digit = int(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			digit = int(c|0x20-'a') + 10
		default:
			return 0, false
		}
		unit = unit<<4 | digit
	}
	return unit, true
}
