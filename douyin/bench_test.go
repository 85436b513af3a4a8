package douyin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
)

// attemptTimes keeps how long the attempts of a call took, with their decoding.
type attemptTimes struct {
	mu    sync.Mutex
	times []time.Duration
}

func (a *attemptTimes) ObserveCall(context.Context, edusdk.CallEvent) {}
func (a *attemptTimes) ObserveAttempt(_ context.Context, e edusdk.AttemptEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, e.Elapsed)
}

// slowest returns the longest time, and forgets all.
func (a *attemptTimes) slowest() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	most := slices.Max(a.times)
	a.times = a.times[:0]
	return most
}

// answersFor returns the answers to requests for ids, by their first one, as
// full as the document's sample.
func answersFor(b *testing.B, ids []int64) map[int64][]byte {
	b.Helper()
	var answer struct {
		Data struct {
			Products []json.RawMessage `json:"products"`
		} `json:"data"`
	}
	if err := json.Unmarshal([]byte(sample(b)), &answer); err != nil {
		b.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, answer.Data.Products[0]); err != nil {
		b.Fatal(err)
	}
	product := compact.String()
	answers := map[int64][]byte{}
	for chunk := range slices.Chunk(ids, douyin.MaxProductsPerRequest) {
		var products []string
		for _, id := range chunk {
			products = append(products, strings.ReplaceAll(product, fmt.Sprint(int64(sampleID)), fmt.Sprint(id)))
		}
		answers[chunk[0]] = []byte(`{"err_no":0,"log_id":"L","data":{"products":[` + strings.Join(products, ",") + `]}}`)
	}
	return answers
}

// BenchmarkQueryProducts looks 5,000 products up at a server that takes 20 ms
// for a request: ten requests, one after the other and all at a time. x-slowest
// is how often the slowest of its requests a query takes, x-floor how often the
// time that a server of no work at all would need.
func BenchmarkQueryProducts(b *testing.B) {
	const latency = 20 * time.Millisecond
	ids := sequence(5000)
	answers := answersFor(b, ids)
	for _, bound := range []int{1, 10} {
		b.Run(fmt.Sprintf("bound-%d", bound), func(b *testing.B) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var query struct {
					IDs []int64 `json:"product_ids"`
				}
				if err := json.NewDecoder(r.Body).Decode(&query); err != nil || len(query.IDs) == 0 {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				time.Sleep(latency)
				_, _ = w.Write(answers[query.IDs[0]])
			}))
			defer srv.Close()
			times := &attemptTimes{}
			cfg := douyin.Config{AppID: appID, Token: douyin.StaticToken(bearer), BaseURL: srv.URL, Concurrency: bound}
			c, err := douyin.New(cfg, edusdk.WithObserver(times))
			if err != nil {
				b.Fatal(err)
			}
			defer c.CloseIdleConnections()
			var slowest time.Duration
			for b.Loop() {
				got, err := c.QueryProducts(b.Context(), ids...)
				if err != nil || len(got.Products) != len(ids) {
					b.Fatal(err)
				}
				slowest += times.slowest()
			}
			b.ReportMetric(float64(b.Elapsed())/float64(slowest), "x-slowest")
			floor := latency * 10 / time.Duration(bound)
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), "x-floor")
		})
	}
}
