package outbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
	"github.com/edusdk/edusdk/supervision/outbox"
)

func TestReportIsKept(t *testing.T) {
	client, err := supervision.New(supervision.Config{
		BaseURL: "http://127.0.0.1:1", Account: "a", Password: "b", Device: supervision.Device{Type: supervision.TypePC, ID: "127.0.0.1"},
	})
	require.NoError(t, err)
	store := outbox.NewMemory(outbox.StoreOptions{MaxRecords: 2})
	box, err := outbox.New(outbox.Config{Client: client, Store: store})
	require.NoError(t, err)
	r := outbox.Report{
		Kind: outbox.KindProgress, Session: "s", ClassCode: "c", StudentUserCode: "u", ResCode: "r", CourseCode: "o",
		PlayTime: time.Minute, ProgressTime: time.Minute,
	}
	require.NoError(t, box.Report(t.Context(), r))
	require.NoError(t, box.Report(t.Context(), r))
	status, err := box.Lookup(t.Context(), r)
	require.NoError(t, err)
	assert.Equal(t, outbox.Waiting, status)
	r.Sequence++
	errs := box.Commit(t.Context(), []outbox.Change{
		{Reports: []outbox.Report{r}, States: []outbox.State{{Key: "k", Data: []byte("v")}}},
		{States: []outbox.State{{Key: "k", Data: []byte("w")}}},
		{States: []outbox.State{{Key: "k", Data: []byte("w"), Fence: 1}}},
	})
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], outbox.ErrFenced)
	require.NoError(t, errs[2])
	s, err := box.LoadState(t.Context(), "k")
	require.NoError(t, err)
	assert.Equal(t, outbox.State{Key: "k", Fence: 2, Data: []byte("w")}, s)
	r.Sequence++
	err = box.Report(t.Context(), r)
	require.ErrorIs(t, err, outbox.ErrFull)
	assert.Equal(t, edusdk.ErrResourceExhausted, edusdk.KindOf(err))
	n := 0
	for e, err := range box.Waiting(t.Context()) {
		require.NoError(t, err)
		assert.Equal(t, time.Minute, e.PlayTime)
		n++
	}
	assert.Equal(t, 2, n)
}
