package edusdk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

// connect returns a client of a fake of a vendor.
func connect(fake *duobeiyuntest.Server, opts ...edusdk.Option) *duobeiyun.Client {
	client, err := duobeiyun.New(fake.Config(), opts...)
	if err != nil {
		log.Fatal(err)
	}
	return client
}

// From the client to the first failure: the same for every vendor.
func Example() {
	fake := duobeiyuntest.NewServer() // in production: a duobeiyun.Config of your own
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config(), edusdk.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute) // the whole call, its retries included
	defer cancel()
	account, err := client.Merchant.Get(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account.Name, account.RemainMoneyFen(), "元")

	_, err = client.Rooms.Get(ctx, "jz0")
	var e *edusdk.Error
	switch {
	case errors.Is(err, edusdk.ErrNotFound) && errors.As(err, &e):
		fmt.Println("no such room:", e.Code)
	case edusdk.MaybeApplied(err):
		fmt.Println("look before you repeat it")
	}
	// Output:
	// 测试机构 10000.00 元
	// no such room: app_course_error
}

// What to do about a failure follows from its kind, whoever the vendor is.
func ExampleKindOf() {
	for _, err := range []error{
		&edusdk.Error{Vendor: "zjy", Op: "Profile", Kind: edusdk.ErrUnauthenticated},
		&edusdk.Error{Vendor: "douyin", Op: "QueryProducts", Kind: edusdk.ErrResourceExhausted, RetryAfter: 30 * time.Second},
		fmt.Errorf("my service: %w", &edusdk.Error{Vendor: "duobeiyun", Op: "Rooms.Get", Kind: edusdk.ErrUnavailable}),
		context.Canceled,
		errors.New("of another module"),
	} {
		switch kind := edusdk.KindOf(err); kind {
		case edusdk.ErrUnauthenticated:
			fmt.Println(kind, "- ask for a new login")
		case edusdk.ErrResourceExhausted, edusdk.ErrUnavailable:
			fmt.Println(kind, "- try later")
		default:
			fmt.Println(kind)
		}
	}
	// Output:
	// unauthenticated - ask for a new login
	// resource exhausted - try later
	// unavailable - try later
	// canceled
	// unknown failure
}

// A form shows what is wrong with each of its fields.
func ExampleFieldErrors() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client, err := duobeiyun.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Rooms.Create(context.Background(), &duobeiyun.CreateRoomRequest{
		Title: "", StartTime: time.Now(), Length: time.Minute, Type: duobeiyun.OneToMany,
	})
	for _, wrong := range edusdk.FieldErrors(err) {
		fmt.Printf("%s: %s\n", wrong.Field, wrong.Problem)
	}
	// Output:
	// Length: must be 30 to 300 whole minutes
	// Title: must not be empty
}

// The answer to a call that creates something is lost. It is not sent a second time: look
// first whether it was carried out.
func ExampleMaybeApplied() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake)

	ctx := context.Background()
	lesson := &duobeiyun.CreateRoomRequest{
		Title: "初二数学", Type: duobeiyun.OneToMany, StartTime: time.Now().Add(time.Hour), Length: time.Hour,
	}
	fake.LoseNext("api/v4/room/create")
	_, err := client.Rooms.Create(ctx, lesson)
	if edusdk.MaybeApplied(err) {
		room, err := client.Rooms.Created(ctx, lesson)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(room.Title, "is there")
	}
	// Output: 初二数学 is there
}

// A service passes a failure on: a status for programs, a sentence for people, and the whole
// error for its own log.
func ExampleDescribe() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		room, err := client.Rooms.Get(r.Context(), r.FormValue("room"))
		if err != nil {
			http.Error(w, edusdk.Describe(err, edusdk.Chinese), edusdk.HTTPStatus(err))
			return
		}
		_, _ = io.WriteString(w, room.Title)
	}))
	defer site.Close()

	resp, err := http.Get(site.URL + "?room=jz0")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(resp.StatusCode, " ", string(text))
	// Output: 404 要操作的内容不存在。请刷新后再试。
}

// Reads are repeated, three attempts in all. Here there is one more, and no wait.
func ExampleWithRetry() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	arrived := 0
	fake.Intercept(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if arrived++; arrived < 4 {
				http.Error(w, "<html>502 Bad Gateway</html>", http.StatusBadGateway)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	client := connect(fake, edusdk.WithRetry(edusdk.Retry{MaxAttempts: 4, BaseDelay: time.Microsecond}))

	account, err := client.Merchant.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account.Name, "at attempt", arrived)
	// Output: 测试机构 at attempt 4
}

// An attempt takes too long. The context bounds the call as a whole.
func ExampleWithTimeout() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	fake.Intercept(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done() // until the client gives up
		})
	})
	client := connect(fake, edusdk.WithTimeout(10*time.Millisecond), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))

	_, err := client.Merchant.Get(context.Background())
	fmt.Println(edusdk.KindOf(err))

	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	_, err = client.Merchant.Get(ctx)
	fmt.Println(edusdk.KindOf(err), errors.Is(err, context.DeadlineExceeded))
	// Output:
	// unavailable
	// deadline exceeded true
}

// limiter lets so many attempts through; a *rate.Limiter of golang.org/x/time/rate lets so
// many through a second.
type limiter struct{ left int }

func (l *limiter) Wait(context.Context) error {
	if l.left--; l.left < 0 {
		return errors.New("that was the last one")
	}
	return nil
}

// Every attempt waits for the limiter.
func ExampleWithRateLimiter() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake, edusdk.WithRateLimiter(&limiter{left: 1}))

	ctx := context.Background()
	_, err := client.Merchant.Get(ctx)
	fmt.Println(err)
	_, err = client.Merchant.Get(ctx)
	fmt.Println(errors.Is(err, edusdk.ErrResourceExhausted), len(fake.Requests()))
	// Output:
	// <nil>
	// true 1
}

// Attempts and retries in a log, without a secret or a parameter.
func ExampleWithLogger() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case slog.MessageKey, "op", "status", "code", "kind":
				return a
			}
			return slog.Attr{} // times and sizes, for this Example
		},
	}))
	client := connect(fake, edusdk.WithLogger(logger))

	_, _ = client.Rooms.Get(context.Background(), "jz0")
	// Output: msg="edusdk attempt" op=Rooms.Get status=200 kind="not found" code=app_course_error
}

// meter counts what a metrics system would.
type meter struct{}

func (meter) ObserveAttempt(_ context.Context, a edusdk.AttemptEvent) {
	fmt.Println("attempt", a.Attempt, a.Op, a.Class, a.Status, a.Section)
}

func (meter) ObserveCall(_ context.Context, c edusdk.CallEvent) {
	fmt.Println("call", c.Op, "failed:", c.Failed, c.Kind)
}

// Metrics and traces, of every attempt and of every call.
func ExampleWithObserver() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake, edusdk.WithObserver(meter{}))

	_, _ = client.Rooms.Get(context.Background(), "jz0")
	// Output:
	// attempt 1 Rooms.Get read 200 查看教室房间详情
	// call Rooms.Get failed: true not found
}

// What is sent and received, without any value: fit to be passed on.
func ExampleWithDebug() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	var exchange bytes.Buffer
	client := connect(fake, edusdk.WithDebug(&exchange))

	_, _ = client.Rooms.Get(context.Background(), "jz-secret")
	fmt.Println(strings.Contains(exchange.String(), "roomId"), strings.Contains(exchange.String(), "jz-secret"))
	// Output: true false
}

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A test without any server: what would go to the vendor is answered on the spot.
func ExampleWithTransport() {
	client, err := duobeiyun.New(duobeiyun.Config{Partner: "partner", AppKey: "key"},
		edusdk.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
			fmt.Println(r.Method, r.URL.Host, r.URL.Path)
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{}, Request: r,
				Body: io.NopCloser(strings.NewReader(`{"success":false,"error":"room is not exists"}`)),
			}, nil
		})))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Rooms.Get(context.Background(), "jz1")
	fmt.Println(errors.Is(err, edusdk.ErrNotFound))
	// Output:
	// POST api.duobeiyun.com /api/v3/room/detail
	// true
}

// A RoundTripper that observes, such as one that traces, in front of the client's own: it
// sees no query, in which a signature could stand.
func ExampleWithTransportWrapper() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake, edusdk.WithTransportWrapper(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err == nil {
				fmt.Println(r.URL.Path, r.URL.RawQuery == "", resp.StatusCode)
			}
			return resp, err
		})
	}))
	if _, err := client.Merchant.Get(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: /api/v3/merchant true 200
}

// The transport and the timeout of an http.Client of yours, which stays as it is.
func ExampleWithHTTPClient() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	mine := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}
	client := connect(fake, edusdk.WithHTTPClient(mine))
	defer client.CloseIdleConnections()

	account, err := client.Merchant.Get(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(account.Name, mine.Timeout)
	// Output: 测试机构 5s
}

// Headers of every request.
func ExampleWithHeader() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake, edusdk.WithHeader("X-Tenant", "school-7"), edusdk.WithUserAgent("school/2.1"))
	if _, err := client.Merchant.Get(context.Background()); err != nil {
		log.Fatal(err)
	}
	header := fake.Requests()[0].Header
	name, _, _ := strings.Cut(header.Get("User-Agent"), " ")
	fmt.Println(header.Get("X-Tenant"), name)
	// Output: school-7 school/2.1
}

// A test in which time stands still: links, signatures and expiries go by the clock.
func ExampleWithClock() {
	client, err := duobeiyun.New(duobeiyun.Config{Partner: "partner", AppKey: "key"},
		edusdk.WithClock(func() time.Time { return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC) }))
	if err != nil {
		log.Fatal(err)
	}
	link, err := client.Documents.PreviewURL("document-1")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(link.Expires)
	// Output: 2026-03-01 00:05:00 +0000 UTC
}

// An answer that is larger than any that is expected fails the call, before it fills the
// memory.
func ExampleWithMaxResponseSize() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake, edusdk.WithMaxResponseSize(100), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))

	_, err := client.Merchant.Get(context.Background())
	fmt.Println(errors.Is(err, edusdk.ErrMalformedResponse))
	// Output: true
}

// The vendor's own answer, for a field that this module does not know. It can hold personal
// data: keep it out of logs.
func ExampleWithCapture() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake)

	var raw edusdk.Captured
	_, err := client.Rooms.Get(edusdk.WithCapture(context.Background(), &raw), "jz0")
	fmt.Println(edusdk.KindOf(err))
	fmt.Println(raw.Status, raw.Attempts, string(raw.Body))
	// Output:
	// not found
	// 200 1 {"error":"app_course_error","success":false}
}

// A product that cannot be read is left out, and the others are there.
func ExampleUnreadField_Incomplete() {
	fake := douyintest.NewServer()
	defer fake.Close()
	fake.SetEntry(7, map[string]any{"product_on_shelf": map[string]any{
		"product_id": 7, "product_status": map[string]any{"status": "no number"},
	}})
	client, err := douyin.New(fake.Config())
	if err != nil {
		log.Fatal(err)
	}
	defer client.CloseIdleConnections()

	result, err := client.QueryProducts(context.Background(), 7, douyintest.OnShelfID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(result.Products), result.Missing)
	for _, u := range result.Unread {
		fmt.Println(u.Field, u.Incomplete())
	}
	// Output:
	// 1 [7]
	// data.products[0].product_on_shelf.product_status.status true
}

// Options for one call, or for all that a context reaches.
func ExampleWithCallOptions() {
	fake := duobeiyuntest.NewServer()
	defer fake.Close()
	client := connect(fake)

	ctx := edusdk.WithCallOptions(context.Background(),
		edusdk.CallTimeout(2*time.Minute),
		edusdk.CallRetry(edusdk.Retry{MaxAttempts: 5}),
		edusdk.CallHeader("X-Tenant", "school-7"))
	if _, err := client.Merchant.Get(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(fake.Requests()[0].Header.Get("X-Tenant"))
	// Output: school-7
}

// What a store of tokens has to do: a token is deleted only if nobody has renewed it since.
func ExampleMemoryStore() {
	store, ctx := edusdk.NewMemoryStore(), context.Background()
	if err := store.Save(ctx, "douyin/app", edusdk.Token{Value: "renewed"}); err != nil {
		log.Fatal(err)
	}
	if err := store.Delete(ctx, "douyin/app", "rejected"); err != nil { // which is another one
		log.Fatal(err)
	}
	token, err := store.Load(ctx, "douyin/app")
	fmt.Println(token.Value == "renewed", err)
	fmt.Println(token) // as it is printed, and logged
	// Output:
	// true <nil>
	// Token(redacted, expiry unknown)
}

// What a store with leases has to do: one holder at a time, and a holder that was only
// slow does not replace what a later one has saved.
func ExampleTokenLocker() {
	var store edusdk.TokenLocker = edusdk.NewMemoryStore()
	ctx := context.Background()
	slow, err := store.Lock(ctx, "douyin/app", time.Nanosecond)
	if err != nil {
		log.Fatal(err)
	}
	time.Sleep(time.Microsecond) // after which its lease is over
	quick, err := store.Lock(ctx, "douyin/app", time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	third, err := store.Lock(ctx, "douyin/app", time.Minute)
	fmt.Println("a third one:", third, err)

	saved, err := store.SaveLocked(ctx, "douyin/app", edusdk.Token{Value: "new"}, quick)
	fmt.Println("the quick one:", saved, err)
	saved, err = store.SaveLocked(ctx, "douyin/app", edusdk.Token{Value: "old"}, slow)
	fmt.Println("the slow one:", saved, err)
	fmt.Println("giving it back:", store.Unlock(ctx, "douyin/app", slow))
	// Output:
	// a third one: 0 <nil>
	// the quick one: true <nil>
	// the slow one: false <nil>
	// giving it back: <nil>
}

// Money is added up in fen, without the errors of floats, and prints in yuan.
func ExampleFen() {
	price := edusdk.Fen(4990)
	fmt.Println(price*3, price-5000)
	// Output: 149.70 -0.10
}

// A price as a person or a vendor writes it.
func ExampleParseFen() {
	for _, text := range []string{"10.00", "9.9", "9.999"} {
		price, err := edusdk.ParseFen(text)
		fmt.Println(int64(price), err)
	}
	// Output:
	// 1000 <nil>
	// 990 <nil>
	// 0 edusdk: ParseFen: invalid argument: yuan must be a decimal number with at most two decimals, in the range of Fen
}
