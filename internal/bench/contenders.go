package main

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the vendor's choice
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/go-resty/resty/v2"
	"github.com/google/go-github/v92/github"
	"github.com/linode/linodego"
	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/stripe/stripe-go/v85"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// contender is one way to make a call.
type contender struct {
	name  string
	call  func(ctx context.Context) error
	close func() // closes the connections; calls open others
}

// The names of contenders that are asked for.
const (
	floorName = "by hand"
	getName   = "by hand, unsigned GET"
	oursName  = "edusdk"
	restyName = "resty, tuned"
)

// must returns v, of a configuration that is fixed in this program.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// newDuobeiyun returns our client, through stub unless that is nil.
func newDuobeiyun(base string, stub http.RoundTripper) *duobeiyun.Client {
	var opts []edusdk.Option
	if stub != nil {
		opts = append(opts, edusdk.WithTransport(stub))
	}
	return must(duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey, BaseURL: base}, opts...))
}

// ours is Rooms.Get with all that the module does by default: signing, retry
// class and budget, timeout, size limit, classification.
func ours(base string, stub http.RoundTripper) contender {
	c := newDuobeiyun(base, stub)
	return contender{oursName, func(ctx context.Context) error {
		room, err := c.Rooms.Get(ctx, roomID)
		if err == nil && room.RoomID != roomID {
			return errAnswer
		}
		return err
	}, c.CloseIdleConnections}
}

// oursList is Rooms.List.
func oursList(base string) contender {
	c := newDuobeiyun(base, nil)
	return contender{oursName, func(ctx context.Context) error {
		page, err := c.Rooms.List(ctx, nil)
		if err == nil && len(page.Items) == 0 {
			return errAnswer
		}
		return err
	}, c.CloseIdleConnections}
}

// byHand is the floor of Rooms.Get.
func byHand(base string, stub http.RoundTripper) contender {
	f := newFloor(orTuned(stub), base+"/api/v3/room/detail", formType)
	return contender{floorName, f.getRoom, f.close}
}

// byHandGet is the floor of what the SDKs of other vendors do.
func byHandGet(base string, stub http.RoundTripper) contender {
	f := newFloor(orTuned(stub), base+"/api/v3/room/detail", formType)
	return contender{getName, f.getUnsigned, f.close}
}

func byHandList(base string) contender {
	f := newFloor(tuned(), base+"/api/v3/room/list", formType)
	return contender{floorName, f.listRooms, f.close}
}

func orTuned(stub http.RoundTripper) http.RoundTripper {
	if stub != nil {
		return stub
	}
	return tuned()
}

// tunedResty is resty alone, with the floor's transport, body and decoding: what
// using it costs, whatever is built on it.
func tunedResty(base string, stub http.RoundTripper) contender {
	client := resty.NewWithClient(&http.Client{Transport: orTuned(stub)}).SetDoNotParseResponse(true)
	address := base + "/api/v3/room/detail"
	return contender{restyName, func(ctx context.Context) error {
		req := client.R().SetContext(ctx).SetHeader("Content-Type", formType).SetBody(bytes.NewReader(roomForm()))
		resp, err := req.Post(address)
		if err != nil {
			return err
		}
		defer func() { _ = resp.RawBody().Close() }()
		var a roomAnswer
		if err := decode(resp.RawResponse, &a); err != nil {
			return err
		}
		return a.check()
	}, client.GetClient().CloseIdleConnections}
}

// plainResty is the same signed call as people write it with resty.
func plainResty(base string, stub http.RoundTripper) contender {
	client := resty.New().SetBaseURL(base).SetTimeout(30 * time.Second)
	if stub != nil {
		client.SetTransport(stub)
	}
	call := func(ctx context.Context) error {
		params := map[string]string{
			"partner": partner, "roomId": roomID, "timestamp": strconv.FormatInt(time.Now().UnixMilli(), 10),
		}
		params["sign"] = naiveSign(params)
		var a roomAnswer
		resp, err := client.R().SetContext(ctx).SetFormData(params).SetResult(&a).Post("/api/v3/room/detail")
		if err != nil {
			return err
		}
		if resp.IsError() {
			return errAnswer
		}
		return a.check()
	}
	return contender{"resty, as people write it", call, client.GetClient().CloseIdleConnections}
}

// naiveSign works a signature out by the words of the vendor's document.
func naiveSign(params map[string]string) string {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	sort.Strings(names)
	pairs := make([]string, 0, len(params))
	for _, name := range names {
		if params[name] != "" && name != "sign" {
			pairs = append(pairs, name+"="+params[name])
		}
	}
	return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(pairs, "&")+appKey))) //nolint:gosec // the vendor's choice
}

// sdkNames are the names of the contenders that sdks returns.
var sdkNames = []string{"linodego", "go-github", "stripe-go", "openai-go"}

// sdks are clients of other vendors, each getting one object of the same size
// with a GET: no signature, no body. They have the floor's transport, which
// spares them the connections that net/http's own would open.
func sdks(base string, stub http.RoundTripper) []contender {
	const key = "none"
	newClient := func() *http.Client { return &http.Client{Transport: orTuned(stub)} }
	var cs []contender
	add := func(hc *http.Client, call func(ctx context.Context) error) {
		cs = append(cs, contender{sdkNames[len(cs)], call, hc.CloseIdleConnections})
	}

	hc := newClient()
	linode := linodego.NewClient(hc)
	linode.SetBaseURL(base + "/linode").SetToken(key)
	add(hc, func(ctx context.Context) error {
		script, err := linode.GetStackscript(ctx, 7)
		if err == nil && script.ID != 7 {
			return errAnswer
		}
		return err
	})

	hc = newClient()
	address := base + "/github/"
	hub := must(github.NewClient(github.WithHTTPClient(hc), github.WithAuthToken(key), github.WithURLs(&address, &address)))
	add(hc, func(ctx context.Context) error {
		user, _, err := hub.Users.Get(ctx, "zhangsan")
		if err == nil && user.GetID() != 7 {
			return errAnswer
		}
		return err
	})

	hc = newClient()
	pay := stripe.NewClient(key, stripe.WithBackends(&stripe.Backends{
		API: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{URL: stripe.String(base), HTTPClient: hc}),
	}))
	add(hc, func(ctx context.Context) error {
		coupon, err := pay.V1Coupons.Retrieve(ctx, "c7", nil)
		if err == nil && coupon.ID != "c7" {
			return errAnswer
		}
		return err
	})

	hc = newClient()
	ai := openai.NewClient(option.WithBaseURL(base+"/openai/"), option.WithAPIKey(key), option.WithHTTPClient(hc))
	add(hc, func(ctx context.Context) error {
		file, err := ai.Files.Get(ctx, "f7")
		if err == nil && file.ID != "f7" {
			return errAnswer
		}
		return err
	})
	return cs
}

// canned is a RoundTripper that gives the small answers and allocates as little
// as it can.
type canned struct{}

var cannedHeader = http.Header{
	"Content-Type": {"application/json"}, "Date": {"Tue, 03 Mar 2026 02:30:00 GMT"}, "Content-Length": {strconv.Itoa(smallSize)},
}

// RoundTrip implements http.RoundTripper.
func (canned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
	body, ok := smallAnswers[req.URL.Path]
	if !ok {
		return nil, fmt.Errorf("no answer for %s", req.URL.Path)
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: cannedHeader, Request: req, ContentLength: smallSize, Body: &cannedBody{*strings.NewReader(body)},
	}, nil
}

type cannedBody struct{ strings.Reader }

// Close implements io.Closer.
func (*cannedBody) Close() error { return nil }
