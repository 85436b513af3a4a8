package supervision

import "io"

// NewBase64Reader is for tests.
func NewBase64Reader(content []byte) interface {
	io.ReadSeeker
	io.ReaderAt
} {
	return &base64Reader{content: content}
}

// CheckShape is for tests.
var CheckShape = checkShape
