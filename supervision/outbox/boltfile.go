package outbox

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
)

// boltFile reads a file of bbolt's without bbolt, which takes what it maps into
// memory at its word: where a file is truncated or damaged it ends the process,
// in a goroutine of its own. Every page that can be reached is checked here
// before bbolt opens the file, and what it holds is visited at the same time.
type boltFile struct {
	from     io.ReaderAt
	size     int64
	pageSize int64
	end      uint64 // the pages in use have smaller numbers
	sequence uint64 // of the bucket whose name sorts first
	reached  []uint64
	live     uint64                                // pages that were reached
	window   []byte                                // a part of the file
	at       int64                                 // where window begins
	visit    func(bucket, key, value []byte) error // of values that are valid until it returns
}

// The format's constants, from bbolt's internal/common.
const (
	boltMagic      = 0xED0CDAED
	boltVersion    = 2
	boltNoFreelist = 1<<64 - 1
	boltBranch     = 0x01
	boltLeaf       = 0x02
	boltFreelist   = 0x10
	boltIsBucket   = 0x01

	boltPageHeader = 16
	boltElement    = 16 // the size of one in a branch and in a leaf
	boltBucket     = 16
	boltMeta       = 64
	maxBoltDepth   = 32
	minBoltPage    = 1024
	maxBoltPage    = 1024 << 14
	maxWindow      = 64 << 10
)

// damage is how a file is not what bbolt writes.
type damage struct{ problem string }

func (d *damage) Error() string { return d.problem }

func damaged(format string, args ...any) error { return &damage{fmt.Sprintf(format, args...)} }

// readBolt checks a file and visits its values, bucket by bucket in the order of
// their names and in ascending order of the keys. It returns a *damage if
// the file is not whole.
func readBolt(from io.ReaderAt, size int64, visit func(bucket, key, value []byte) error) (*boltFile, error) {
	b := &boltFile{from: from, size: size, visit: visit}
	root, freelist, err := b.meta()
	if err != nil {
		return nil, err
	}
	b.reached = make([]uint64, min(b.end, uint64(size/b.pageSize)+1)/64+1) //nolint:gosec // sizes are positive
	if freelist != boltNoFreelist {
		if err := b.freelist(freelist); err != nil {
			return nil, err
		}
	}
	return b, b.tree(root, nil, nil, nil, 0)
}

// waste reports whether most of a large file is free pages.
func (b *boltFile) waste() bool {
	const large = 16 << 20
	return b.size > large && int64(b.live)*b.pageSize < b.size/4 //nolint:gosec // a number of pages of the file
}

// meta reads the two pages that say where everything else is, of which one may
// have been written in part.
func (b *boltFile) meta() (root, freelist uint64, err error) {
	var newest uint64
	found := false
	take := func(at int64) {
		p := make([]byte, boltPageHeader+boltMeta)
		if n, _ := b.from.ReadAt(p, at); n < len(p) {
			return
		}
		m := p[boltPageHeader:]
		sum := fnv.New64a()
		_, _ = sum.Write(m[:56])
		pageSize := int64(native.Uint32(m[8:]))
		switch {
		case native.Uint32(m) != boltMagic, native.Uint32(m[4:]) != boltVersion, native.Uint64(m[56:]) != sum.Sum64(),
			pageSize < minBoltPage, pageSize > maxBoltPage, pageSize&(pageSize-1) != 0:
			return
		case at != 0 && at != pageSize:
			return
		}
		if txid := native.Uint64(m[48:]); !found || txid > newest {
			newest, found = txid, true
			b.pageSize, root, freelist, b.end = pageSize, native.Uint64(m[16:]), native.Uint64(m[32:]), native.Uint64(m[40:])
		}
	}
	take(0)
	for at := int64(minBoltPage); at <= maxBoltPage; at *= 2 {
		take(at)
	}
	if !found {
		return 0, 0, damaged("neither of the two head pages is valid")
	}
	return root, freelist, nil
}

var native = binary.NativeEndian

// page returns a page with those that it flows over into. Its bytes are valid
// until the next call.
func (b *boltFile) page(id uint64) ([]byte, error) {
	if id < 2 || id >= b.end || id >= 1<<40 {
		return nil, damaged("a page's number is out of bounds")
	}
	at := int64(id) * b.pageSize
	head, err := b.read(at, b.pageSize)
	if err != nil {
		return nil, err
	}
	overflow := uint64(native.Uint32(head[12:]))
	if native.Uint64(head) != id {
		return nil, damaged("page %d says that it is another", id)
	}
	if id+overflow >= b.end || overflow >= 1<<20 {
		return nil, damaged("page %d flows over too far", id)
	}
	for i := id; i <= id+overflow; i++ {
		if i/64 >= uint64(len(b.reached)) {
			return nil, damaged("page %d is missing: the file is truncated", i)
		}
		if b.reached[i/64]&(1<<(i%64)) != 0 {
			return nil, damaged("page %d is used twice", i)
		}
		b.reached[i/64] |= 1 << (i % 64)
		b.live++
	}
	return b.read(at, b.pageSize*int64(overflow+1))
}

// read returns a part of the file.
func (b *boltFile) read(at, n int64) ([]byte, error) {
	if at < b.at || at+n > b.at+int64(len(b.window)) {
		if at+n > b.size {
			return nil, damaged("page %d is missing: the file is truncated", at/b.pageSize)
		}
		size := min(max(n, maxWindow), b.size-at)
		if int64(cap(b.window)) < size {
			b.window = make([]byte, size)
		}
		b.window, b.at = b.window[:size], at
		if _, err := b.from.ReadAt(b.window, at); err != nil {
			b.window = b.window[:0]
			if errors.Is(err, io.EOF) {
				return nil, damaged("page %d is missing: the file is truncated", at/b.pageSize)
			}
			return nil, err
		}
	}
	return b.window[at-b.at : at-b.at+n], nil
}

// freelist checks the list of free pages, which only a file has that another
// program has touched.
func (b *boltFile) freelist(id uint64) error {
	p, err := b.page(id)
	if err != nil {
		return err
	}
	n, ids := uint64(native.Uint16(p[10:])), p[boltPageHeader:]
	if n == 0xFFFF {
		n, ids = native.Uint64(ids), ids[8:]
	}
	if native.Uint16(p[8:]) != boltFreelist || n > uint64(len(ids)/8) {
		return damaged("the list of free pages is not one")
	}
	free := make([]uint64, n)
	for i := range free {
		free[i] = native.Uint64(ids[8*i:])
		if free[i] < 2 || free[i] >= b.end || free[i]/64 >= uint64(len(b.reached)) {
			return damaged("a free page is out of bounds")
		}
	}
	for _, f := range free {
		if b.reached[f/64]&(1<<(f%64)) != 0 {
			return damaged("page %d is free and used", f)
		}
		b.reached[f/64] |= 1 << (f % 64)
	}
	return nil
}

// tree checks the page of a bucket and those below it. Their keys are from
// lower on and below upper; nil bounds nothing.
func (b *boltFile) tree(id uint64, bucket, lower, upper []byte, depth int) error {
	if depth > maxBoltDepth {
		return damaged("the pages are nested too deep")
	}
	p, err := b.page(id)
	if err != nil {
		return err
	}
	switch native.Uint16(p[8:]) {
	case boltBranch:
		return b.branch(bytes.Clone(p), bucket, lower, upper, depth)
	case boltLeaf:
		if bucket == nil {
			p = bytes.Clone(p) // its buckets are read while it is
		}
		return b.leaf(p, bucket, lower, upper)
	}
	return damaged("page %d is of another kind", id)
}

func (b *boltFile) branch(p, bucket, lower, upper []byte, depth int) error {
	n := int(native.Uint16(p[10:]))
	if n == 0 || boltPageHeader+n*boltElement > len(p) {
		return damaged("a page holds too few or too many elements")
	}
	keys, ids := make([][]byte, n), make([]uint64, n)
	for i := range n {
		at := boltPageHeader + i*boltElement
		var ok bool
		keys[i], _, ok = part(p, at, native.Uint32(p[at:]), native.Uint32(p[at+4:]), 0)
		if !ok || !inOrder(keys, i, lower, upper) {
			return damaged("a key is out of bounds or order")
		}
		ids[i] = native.Uint64(p[at+8:])
	}
	for i := range n {
		above := upper
		if i+1 < n {
			above = keys[i+1]
		}
		if err := b.tree(ids[i], bucket, keys[i], above, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// leaf checks a page of values, or a bucket that stands in one.
func (b *boltFile) leaf(p, bucket, lower, upper []byte) error {
	n := int(native.Uint16(p[10:]))
	if boltPageHeader+n*boltElement > len(p) {
		return damaged("a page holds too many elements")
	}
	var last [2][]byte
	for i := range n {
		at := boltPageHeader + i*boltElement
		key, value, ok := part(p, at, native.Uint32(p[at+4:]), native.Uint32(p[at+8:]), native.Uint32(p[at+12:]))
		last[0], last[1] = last[1], key
		if !ok || !inOrder(last[1-min(i, 1):], min(i, 1), lower, upper) || len(key) == 0 {
			return damaged("a key is out of bounds or order")
		}
		isBucket := native.Uint32(p[at:])&boltIsBucket != 0
		switch {
		case isBucket != (bucket == nil):
			return damaged("a bucket stands among values, or a value among buckets")
		case isBucket:
			if err := b.bucket(key, value); err != nil {
				return err
			}
		default:
			if err := b.visit(bucket, key, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// bucket checks a bucket by its entry in the tree of buckets. A small one stands
// in the entry.
func (b *boltFile) bucket(name, entry []byte) error {
	if len(entry) < boltBucket {
		return damaged("the entry of a bucket is too short")
	}
	if bytes.Equal(name, bucketHeader) {
		b.sequence = native.Uint64(entry[8:])
	}
	if root := native.Uint64(entry); root != 0 {
		return b.tree(root, name, nil, nil, 0)
	}
	p := entry[boltBucket:]
	if len(p) < boltPageHeader || native.Uint16(p[8:]) != boltLeaf {
		return damaged("a small bucket is of another kind")
	}
	return b.leaf(p, name, nil, nil)
}

// part returns the key and the value of an element at a place in a page.
func part(p []byte, at int, pos, keySize, valueSize uint32) (key, value []byte, ok bool) {
	start := uint64(at) + uint64(pos) //nolint:gosec // at is a place in a page
	middle := start + uint64(keySize)
	end := middle + uint64(valueSize)
	if end > uint64(len(p)) {
		return nil, nil, false
	}
	return p[start:middle:middle], p[middle:end:end], true
}

// inOrder reports whether the i-th key is above the one before it and within
// bounds.
func inOrder(keys [][]byte, i int, lower, upper []byte) bool {
	if i > 0 && bytes.Compare(keys[i-1], keys[i]) >= 0 { //nolint:gosec // i is the place of a key
		return false
	}
	return (lower == nil || bytes.Compare(lower, keys[i]) <= 0) && (upper == nil || bytes.Compare(keys[i], upper) < 0)
}
