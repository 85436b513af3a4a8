package edusdk

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWithCapture(t *testing.T) {
	t.Parallel()
	assert.Nil(t, Capturing(t.Context()), "without WithCapture")

	var got Captured
	ctx := WithCapture(t.Context(), &got)
	ctx, cancel := context.WithCancel(ctx) // it survives what is put around it
	defer cancel()
	fill := Capturing(ctx)
	require.NotNil(t, fill)
	assert.Zero(t, got)
	want := Captured{Status: 200, Header: http.Header{"A": {"b"}}, Body: []byte("x"), Attempts: 2, Elapsed: time.Second}
	fill(want)
	assert.Equal(t, want, got)
	Capturing(ctx)(Captured{Status: 404})
	assert.Equal(t, Captured{Status: 404}, got, "the last one, whole")
}

func TestWithCaptureInWithCapture(t *testing.T) {
	t.Parallel()
	var outer, inner Captured
	ctx := WithCapture(WithCapture(t.Context(), &outer), &inner)
	Capturing(ctx)(Captured{Status: 200})
	assert.Equal(t, 200, inner.Status)
	assert.Zero(t, outer)
}

func TestWithCaptureOfNil(t *testing.T) {
	t.Parallel()
	assert.Equal(t, t.Context(), WithCapture(t.Context(), nil))
	assert.Nil(t, Capturing(WithCapture(t.Context(), nil)))
	var none context.Context
	assert.Nil(t, WithCapture(none, &Captured{}), "the call that gets it says what is wrong")
	assert.Nil(t, Capturing(none))
}

func TestCaptureByManyCalls(t *testing.T) {
	t.Parallel()
	var got Captured
	ctx := WithCapture(t.Context(), &got)
	var group sync.WaitGroup
	for i := range 64 {
		group.Go(func() { Capturing(ctx)(Captured{Status: i, Body: []byte(strconv.Itoa(i))}) })
	}
	group.Wait()
	assert.Equal(t, strconv.Itoa(got.Status), string(got.Body), "it is of one answer")
}
