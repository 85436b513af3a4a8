package supervisiontest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMemory(t *testing.T) {
	var m memory[int, string]
	_, known := m.get(1)
	assert.False(t, known)
	m.remove(1)
	m.put(1, "a")
	m.put(2, "b")
	m.put(3, "c")
	m.put(1, "d")
	assert.Equal(t, []string{"d", "b", "c"}, slices.Collect(m.all()), "what replaces another takes its place")
	m.remove(2)
	m.put(2, "e")
	assert.Equal(t, []string{"d", "c", "e"}, slices.Collect(m.all()))
	for v := range m.all() {
		assert.Equal(t, "d", v)
		break
	}
	got, known := m.get(2)
	assert.Equal(t, "e", got)
	assert.True(t, known)
}

func TestMemoryIsBounded(t *testing.T) {
	var m memory[int, int]
	var l log[int]
	for i := range maxKept + 50 {
		m.put(i, i)
		m.put(i, i)
		l.add(i)
	}
	assert.Len(t, m.values, maxKept)
	assert.Len(t, m.keys, maxKept)
	assert.Len(t, l, maxKept)
	assert.Equal(t, []int{50, 50}, []int{m.keys[0], l[0]}, "the oldest are gone")
	_, known := m.get(49)
	assert.False(t, known)
	_, known = m.get(maxKept + 49)
	assert.True(t, known)
}

func TestRequestsAreBounded(t *testing.T) {
	h := NewHandler()
	for range 6 {
		h.remember(&Request{Data: "data"}, 3<<20)
	}
	kept := func() (list []bool) {
		for _, r := range h.Requests() {
			list = append(list, r.Data != nil)
		}
		return list
	}
	assert.Equal(t, []bool{false, true, true, true, true, true}, kept(), "16 MiB in 3 MiB each: the latest are kept")
	assert.Equal(t, 15<<20, h.size)
	h.remember(&Request{Data: "data"}, maxBody)
	assert.Equal(t, []bool{false, false, false, false, true, true, true}, kept())

	for range maxKept + 50 {
		h.remember(&Request{Path: "small", Data: "data"}, 1)
	}
	assert.Equal(t, maxKept, h.size)
	assert.Len(t, h.recent, maxKept)
	requests := h.Requests()
	assert.Len(t, requests, maxKept)
	assert.Equal(t, "small", requests[0].Path, "the oldest are gone")
	assert.NotNil(t, requests[0].Data)
}

func TestWhatRequestsKeepOfAFace(t *testing.T) {
	size := func(data string) (*incoming, int) {
		req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"headers":{},"data":`+data+`}`))
		req.Header.Set("Content-Type", "application/json")
		in := receive(req)
		require.Equal(t, http.StatusOK, in.Status)
		return in, in.size
	}
	_, small := size(`{"target":"` + strings.Repeat("x", 64) + `","name":"n"}`)
	assert.Equal(t, 64+len(`{"target":"","name":"n"}`), small)
	in, large := size(`{"target":"` + strings.Repeat("x", 1<<20) + `","name":"n"}`)
	assert.Equal(t, small, large, "a face counts as what is kept of it")
	assert.Equal(t, strings.Repeat("x", 64)+"… (1048576 bytes)", in.Data.(map[string]any)["target"])
	assert.Len(t, in.data.(map[string]any)["target"], 1<<20, "it is checked whole")
}
