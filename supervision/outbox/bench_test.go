package outbox

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

var backlog = flag.Int("outbox.backlog", 20_000, "the `records` of BenchmarkBacklog")

// benchReport is the n-th report of a benchmark. Its record has about 300 bytes.
func benchReport(n, lanes int) Report {
	return Report{
		Kind: KindProgress, Session: "5f2b0c6de1a94d1c8a3e7d50c9b1f604", Sequence: uint64(n / lanes),
		ClassCode: "bf448ef96aff42beb30d39db8c5ba66e", StudentUserCode: fmt.Sprintf("%032d", n%lanes), ResCode: "c6226017f83948dab44b1b3d7ab21d05",
		CourseCode: "ce7114fca7d6477fbb4f40fefa29bccb", PlayTime: time.Hour, ProgressTime: time.Minute, Total: time.Hour, Before: time.Hour,
		At: time.Unix(1800000000, 0),
	}
}

// BenchmarkEnqueue makes reports durable, beside the same records put into a
// file of bbolt's in the order of their numbers, with the same gathering of
// what comes at the same time. Rounds of the one and of the other alternate, and
// medians are told.
func BenchmarkEnqueue(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			bare := bareBolt(b)
			store, err := OpenFile(filepath.Join(b.TempDir(), "reports.db"), FileOptions{StoreOptions: StoreOptions{MaxRecords: 1 << 30}})
			require.NoError(b, err)
			defer func() { _ = store.Close() }()
			box := benchBox(b, store, "http://127.0.0.1:1", 1)
			n := 0
			report := func(i int) error { return box.Report(b.Context(), benchReport(n+i, 1000)) }
			var bares, boxes, ratios []float64
			for b.Loop() {
				bares = append(bares, perSecond(b, callers, bare))
				boxes = append(boxes, perSecond(b, callers, report))
				ratios = append(ratios, boxes[len(boxes)-1]/bares[len(bares)-1])
				n += roundSize(callers)
			}
			b.ReportMetric(median(bares), "bbolt/s")
			b.ReportMetric(median(boxes), "outbox/s")
			b.ReportMetric(median(ratios), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// roundSize is how many reports make a round.
func roundSize(callers int) int { return 50 * callers }

// perSecond has callers call f for a round, and returns how many calls a second
// that makes.
func perSecond(b *testing.B, callers int, f func(n int) error) float64 {
	began := time.Now()
	var n atomic.Int64
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for i := int(n.Add(1)) - 1; i < roundSize(callers); i = int(n.Add(1)) - 1 {
				if err := f(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	group.Wait()
	return float64(roundSize(callers)) / time.Since(began).Seconds()
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// bareBolt returns what puts a record into a file of bbolt's.
func bareBolt(b *testing.B) func(int) error {
	db, err := bbolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bbolt.Options{NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	require.NoError(b, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(bucketRecords)
		return err
	}))
	var next uint64
	commits := batcher[[]byte]{do: func(_ context.Context, values [][]byte) []error {
		err := db.Update(func(tx *bbolt.Tx) error {
			records := tx.Bucket(bucketRecords)
			records.FillPercent = pageFill
			for _, v := range values {
				next++
				if err := records.Put(key8(next), v); err != nil {
					return err
				}
			}
			return nil
		})
		return fill(make([]error, len(values)), err)
	}}
	r := benchReport(0, 1)
	record, err := r.record(r.At)
	require.NoError(b, err)
	stored := storedRecord{Record: record, since: r.At}
	value := stored.encode()
	return func(int) error { return commits.submit(b.Context(), [][]byte{value})[0] }
}

func benchBox(b *testing.B, store Store, url string, senders int) *Outbox {
	client, err := supervision.New(supervision.Config{
		BaseURL: url, Account: "a", Password: "b", Device: supervision.Device{Type: supervision.TypePC, ID: "127.0.0.1"},
	}, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
	require.NoError(b, err)
	box, err := New(Config{Client: client, Store: store, Senders: senders, Gap: -1})
	require.NoError(b, err)
	return box
}

// BenchmarkDrain sends a backlog to a platform that answers after 20 ms, with 64
// senders, which could be 3,200 a second.
func BenchmarkDrain(b *testing.B) {
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(20 * time.Millisecond)
		_, _ = io.WriteString(w, `{"returnCode":"0","returnMsg":"success","returnData":{"acceptToken":"t","studyPlatformCode":"p"}}`)
	}))
	defer platform.Close()
	store, err := OpenFile(filepath.Join(b.TempDir(), "reports.db"), FileOptions{StoreOptions: StoreOptions{MaxRecords: 1 << 30}})
	require.NoError(b, err)
	defer func() { _ = store.Close() }()
	box := benchBox(b, store, platform.URL, 64)
	reports := make([]Report, b.N)
	for n := range reports {
		reports[n] = benchReport(n, 2000)
	}
	require.NoError(b, box.Report(b.Context(), reports...))
	b.ResetTimer()
	ran := make(chan error)
	go func() { ran <- box.Run(b.Context()) }()
	for box.delivered.Load() < uint64(b.N) {
		time.Sleep(time.Millisecond)
	}
	b.StopTimer()
	require.NoError(b, box.Close())
	require.NoError(b, <-ran)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkBacklog opens a file with a backlog, of 1,000,000 records with
// -outbox.backlog=1000000.
func BenchmarkBacklog(b *testing.B) {
	path := filepath.Join(b.TempDir(), "reports.db")
	lanes := max(1, *backlog/10)
	opts := FileOptions{StoreOptions: StoreOptions{MaxRecords: 1 << 30}}
	store, err := OpenFile(path, opts)
	require.NoError(b, err)
	for n := 0; n < *backlog; {
		batches := make([]Batch, 0, 5000)
		for ; n < *backlog && len(batches) < cap(batches); n++ {
			r := benchReport(n, lanes)
			record, err := r.record(r.At)
			require.NoError(b, err)
			batches = append(batches, Batch{Records: []Record{record}})
		}
		for _, err := range store.Append(b.Context(), batches) {
			require.NoError(b, err)
		}
	}
	require.NoError(b, store.Close())
	info, err := os.Stat(path)
	require.NoError(b, err)
	before := heapInUse()
	b.ResetTimer()
	for b.Loop() {
		store, err := OpenFile(path, opts)
		require.NoError(b, err)
		b.StopTimer()
		held := heapInUse() - before
		b.ReportMetric(float64(held)/(1<<20), "MB-heap")
		require.NoError(b, store.Close())
		b.StartTimer()
	}
	b.ReportMetric(float64(info.Size())/(1<<20), "MB-file")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/open")
	b.ReportMetric(0, "ns/op")
}

// heapInUse returns the bytes that are in use.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
