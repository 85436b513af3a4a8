package redact

import (
	"encoding/binary"
	"math/bits"
)

// table finds where strings of one length stand in a text.
type table struct {
	length int
	shift  int
	slots  []int32 // by hash: 0, or one more than the last position of a string
	keys   []key   // by slot
	bits   [filterSize / 64]uint64
	next   []int32 // by position: the one before it of the same string, or -1
}

// key is a string of 4 to 16 bytes: its first and its last bytes, which overlap.
type key struct{ head, tail uint64 }

// filterSize is the number of bits that tell most strings that stand nowhere. They
// stay in the processor's nearest cache, which the slots do not.
const filterSize = 1 << 16

// taken marks a slot whose positions were given out.
const taken = -1

func newTable(text []byte, length int) *table {
	positions := max(len(text)-length+1, 0)
	size := bits.Len(uint(2 * positions))
	t := &table{
		length: length, shift: 64 - size,
		slots: make([]int32, 1<<size), keys: make([]key, 1<<size), next: make([]int32, positions),
	}
	for i := range positions {
		k := keyOf(text[i:], length)
		h := k.hash()
		t.bits[h%filterSize/64] |= 1 << (h % 64)
		slot := t.find(k, h)
		t.next[i] = t.slots[slot] - 1
		t.slots[slot], t.keys[slot] = int32(i+1), k
	}
	return t
}

// take returns the last position of the string at the start of b, from where next
// leads to the others, or -1. It does so once for each string.
func (t *table) take(b []byte) int32 {
	k := keyOf(b, t.length)
	h := k.hash()
	if t.bits[h%filterSize/64]&(1<<(h%64)) == 0 {
		return -1
	}
	slot := t.find(k, h)
	last := t.slots[slot]
	if last <= 0 {
		return -1
	}
	t.slots[slot] = taken
	return last - 1
}

// find returns the slot of k, or the empty one where it belongs.
func (t *table) find(k key, hash uint64) int {
	mask := len(t.slots) - 1
	slot := int(hash >> t.shift) //nolint:gosec // less than the number of slots
	for t.slots[slot] != 0 && t.keys[slot] != k {
		slot = (slot + 1) & mask
	}
	return slot
}

func (k key) hash() uint64 {
	h := (k.head*0x9e3779b97f4a7c15 ^ bits.RotateLeft64(k.tail*0xc2b2ae3d27d4eb4f, 32)) * 0x9e3779b97f4a7c15
	return h ^ h>>32
}

func keyOf(b []byte, length int) key {
	if length < 8 {
		return key{uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[length-4:]))}
	}
	return key{binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[length-8:])}
}
