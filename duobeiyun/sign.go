package duobeiyun

import (
	"crypto/md5" //nolint:gosec // the vendor's choice
	"encoding/hex"
	"net/url"
	"sync"

	"github.com/edusdk/edusdk/internal/params"
)

// Sign returns the signature of values: lower-case hex MD5 over the parameters
// in the order of their names, as name=value joined by &, followed by the app
// key (document: 生成sign规则). The raw values are signed, not their URL encoding.
// Parameters without a value are left out, as the vendor does, and so is sign
// itself. A parameter with several values is signed with all of them, in their
// order.
func Sign(values url.Values, appKey string) string {
	var few [16]params.Param // of a longer list, append makes another
	return sign(signed(few[:0], values), appKey)
}

// StringToSign returns what Sign signs, without the app key behind it: for a look at
// what two sides sign whose signatures differ. It holds the values as they are.
func StringToSign(values url.Values) string { return string(appendText(nil, signed(nil, values))) }

// signed adds the parameters that are signed to ps, in the order in which they are.
func signed(ps []params.Param, values url.Values) []params.Param {
	for name, vs := range values {
		for _, v := range vs {
			if v != "" && name != paramSign {
				ps = append(ps, params.Param{Name: name, Value: v})
			}
		}
	}
	params.Sort(ps)
	return ps
}

// The parameters that every request has.
const (
	paramPartner   = "partner"
	paramTimestamp = "timestamp"
	paramSign      = "sign"
)

// scratch holds the buffers in which the signed text is put together.
var scratch = sync.Pool{New: func() any { return new([]byte) }}

// sign is Sign for parameters that are sorted.
func sign(sorted []params.Param, appKey string) string {
	buf := scratch.Get().(*[]byte)
	text := append(appendText((*buf)[:0], sorted), appKey...)
	sum := md5.Sum(text) //nolint:gosec // the vendor's choice
	clear(text)          // it holds the app key
	*buf = text
	scratch.Put(buf)
	var digits [2 * md5.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// appendText adds the text of parameters that is signed.
func appendText(text []byte, sorted []params.Param) []byte {
	for i, p := range sorted {
		if i > 0 {
			text = append(text, '&')
		}
		text = append(text, p.Name...)
		text = append(text, '=')
		text = append(text, p.Value...)
	}
	return text
}
