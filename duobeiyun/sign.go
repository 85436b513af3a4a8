package duobeiyun

import (
	"cmp"
	"crypto/md5" //nolint:gosec // the vendor's choice
	"encoding/hex"
	"net/url"
	"slices"
	"sync"
)

// Sign returns the signature of params: lower-case hex MD5 over the parameters
// in the order of their names, as name=value joined by &, with the app key
// behind (document: 生成sign规则). The raw values are signed, not their URL
// encoding. Parameters without a value are left out, because the vendor does
// so, and so is one named sign. A parameter with several values is signed with
// all of them, in their order.
func Sign(params url.Values, appKey string) string {
	ps := make([]param, 0, len(params))
	for name, values := range params {
		for _, v := range values {
			if v != "" && name != paramSign {
				ps = append(ps, param{name, v})
			}
		}
	}
	sortParams(ps)
	return sign(ps, appKey)
}

// The parameters that every request has.
const (
	paramPartner   = "partner"
	paramTimestamp = "timestamp"
	paramSign      = "sign"
)

// param is a parameter with a value that is not empty.
type param struct{ name, value string }

// sortParams keeps the order of values under the same name.
func sortParams(ps []param) {
	slices.SortStableFunc(ps, func(a, b param) int { return cmp.Compare(a.name, b.name) })
}

// scratch holds the buffers in which the signed text is put together.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// sign is Sign for parameters that are sorted.
func sign(sorted []param, appKey string) string {
	buf := scratch.Get().(*[]byte)
	text := (*buf)[:0]
	for i, p := range sorted {
		if i > 0 {
			text = append(text, '&')
		}
		text = append(text, p.name...)
		text = append(text, '=')
		text = append(text, p.value...)
	}
	text = append(text, appKey...)
	sum := md5.Sum(text) //nolint:gosec // the vendor's choice
	clear(text)          // it holds the app key
	*buf = text
	scratch.Put(buf)
	var digits [2 * md5.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// encodeForm returns params and their signature in URL encoding.
func encodeForm(params []param, signature string) []byte {
	size := len(paramSign) + 1 + len(signature)
	for _, p := range params {
		size += len(p.name) + 2 + 3*len(p.value)
	}
	form := make([]byte, 0, size)
	for _, p := range params {
		form = appendEscaped(form, p.name)
		form = append(form, '=')
		form = appendEscaped(form, p.value)
		form = append(form, '&')
	}
	form = append(form, paramSign...)
	form = append(form, '=')
	return append(form, signature...)
}

// appendEscaped appends s as url.QueryEscape returns it.
func appendEscaped(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '_', c == '.', c == '~':
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', digits[c>>4], digits[c&15])
		}
	}
	return dst
}
