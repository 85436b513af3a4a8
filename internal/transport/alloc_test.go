package transport

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The answer of a call in these tests, and what a vendor's Encode does: a form
// and a timestamp.
const smallAnswer = `{"ok":true,"room":{"id":"jz0123456789","title":"数学课","time":"2026-05-01 09:00:00","duration":90}}`

type plainExchange struct{ ok bool }

func (*plainExchange) Encode(a *Attempt) error {
	a.ContentType, a.Body = "application/x-www-form-urlencoded", formBody
	return nil
}

func (x *plainExchange) Decode(ans *Answer) error {
	x.ok = bytes.Contains(ans.Body, []byte(`"ok":true`))
	return nil
}

func (*plainExchange) Sensitive() []string { return nil }

var formBody = []byte("partner=1&roomId=jz0123456789&sign=0123456789abcdef0123456789abcdef&timestamp=1777600000000")

// canned is a RoundTripper that allocates as little as it can.
func canned() http.RoundTripper {
	header := http.Header{"Content-Type": {"application/json"}, "Date": {"Fri, 01 May 2026 00:00:00 GMT"}}
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
		return &http.Response{
			StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: req,
			ContentLength: int64(len(smallAnswer)), Body: io.NopCloser(strings.NewReader(smallAnswer)),
		}, nil
	})
}

// callAllocs is what a whole successful call was measured to allocate with a
// canned answer. Two more are for another version of Go; more than that needs a
// reason. The goal is no more than 30 above a call written by hand.
const callAllocs = 33

func TestAllocationsOfACall(t *testing.T) {
	c := newStubbed(t, canned())
	call := &Call{Op: "Rooms.Get", Class: Read, Method: http.MethodPost, URL: c.Base() + "/api/v3/room/detail"}
	got := testing.AllocsPerRun(1000, func() {
		x := &plainExchange{}
		call.Exchange = x
		if err := c.Do(t.Context(), call); err != nil || !x.ok {
			t.Fatal(err)
		}
	})
	floor := testing.AllocsPerRun(1000, func() { require.True(t, byHand(t)) })
	t.Logf("allocations of a call: %v, written by hand: %v", got, floor)
	if underRace {
		return // it allocates for itself
	}
	require.LessOrEqual(t, got, float64(callAllocs+2))
	require.LessOrEqual(t, got, floor+30)
}

// byHand is the same call with nothing but net/http.
func byHand(t *testing.T) bool {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, nowhere+"/api/v3/room/detail", bytes.NewReader(formBody))
	if err != nil {
		return false
	}
	req.Header["Content-Type"] = []string{"application/x-www-form-urlencoded"}
	resp, err := (&http.Client{Transport: handMade}).Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	buf := bytes.NewBuffer(make([]byte, 0, resp.ContentLength+bytes.MinRead))
	_, err = buf.ReadFrom(resp.Body)
	return err == nil && bytes.Contains(buf.Bytes(), []byte(`"ok":true`))
}

var handMade = canned()
