package main

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the vendor's choice
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"time"

	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/duobeiyun"
)

// The floor is each call as it would be written by hand for speed alone, with
// net/http and encoding/json: the address and the headers are made beforehand,
// the body has its size, the answer is read once into a buffer of its size and
// decoded once into the same struct, and the connections are kept. It has no
// retries, no timeout, no size limit, no classification and no checks.
type floor struct {
	client  *http.Client
	request *http.Request // to be copied
}

// newFloor returns the floor of one address.
func newFloor(rt http.RoundTripper, address, contentType string) *floor {
	u, err := url.Parse(address)
	if err != nil {
		panic(err) // it is ours
	}
	return &floor{&http.Client{Transport: rt}, &http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"Content-Type": {contentType}, "Accept": {"application/json"}, "User-Agent": {"floor"},
		},
	}}
}

const formType = "application/x-www-form-urlencoded"

// tuned returns a transport for many requests to one host at a time.
func tuned() *http.Transport {
	return &http.Transport{
		MaxIdleConns: 256, MaxIdleConnsPerHost: 64, IdleConnTimeout: 30 * time.Second,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
}

// post sends body and decodes the answer into out.
func (f *floor) post(ctx context.Context, body []byte, out any) error {
	req := f.request.WithContext(ctx)
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return f.do(req, out)
}

func (f *floor) do(req *http.Request, out any) error {
	resp, err := f.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return decode(resp, out)
}

// decode reads an answer once into a buffer of its size and decodes it.
func decode(resp *http.Response, out any) error {
	if resp.StatusCode != http.StatusOK || resp.ContentLength < 0 {
		return fmt.Errorf("status %d, length %d", resp.StatusCode, resp.ContentLength)
	}
	buf := make([]byte, resp.ContentLength)
	if _, err := io.ReadFull(resp.Body, buf); err != nil {
		return err
	}
	return json.Unmarshal(buf, out)
}

func (f *floor) close() { f.client.CloseIdleConnections() }

// The account of the signed calls.
const (
	partner = "20151119143137"
	appKey  = "a-key-that-is-no-key-at-all-0123"
	roomID  = "jz0123456789"
)

// appendSign appends the signature of a form whose values need no encoding.
func appendSign(form []byte) []byte {
	signed := make([]byte, 0, len(form)+len(appKey))
	signed = append(append(signed, form...), appKey...)
	sum := md5.Sum(signed) //nolint:gosec // the vendor's choice
	return hex.AppendEncode(append(form, "&sign="...), sum[:])
}

type roomAnswer struct {
	Success *bool           `json:"success"`
	Error   string          `json:"error"`
	Room    *duobeiyun.Room `json:"room"`
	Course  *duobeiyun.Room `json:"course"`
}

var errAnswer = errors.New("the answer is not the one that was asked for")

func (a *roomAnswer) check() error {
	if a.Success == nil || !*a.Success || a.Course == nil || a.Course.RoomID != roomID {
		return errAnswer
	}
	return nil
}

// roomForm is the signed form of Rooms.Get.
func roomForm() []byte {
	form := append(make([]byte, 0, 160), "partner="+partner+"&roomId="...)
	form = append(append(form, roomID...), "&timestamp="...)
	return appendSign(strconv.AppendInt(form, time.Now().UnixMilli(), 10))
}

// getRoom is Rooms.Get.
func (f *floor) getRoom(ctx context.Context) error {
	var a roomAnswer
	if err := f.post(ctx, roomForm(), &a); err != nil {
		return err
	}
	return a.check()
}

// getUnsigned is getRoom as the easier call that the SDKs of other vendors make:
// a GET without a signature and without a body.
func (f *floor) getUnsigned(ctx context.Context) error {
	req := f.request.WithContext(ctx)
	req.Method = http.MethodGet
	var a roomAnswer
	if err := f.do(req, &a); err != nil {
		return err
	}
	return a.check()
}

type listAnswer struct {
	Success *bool               `json:"success"`
	Error   string              `json:"error"`
	Page    *duobeiyun.RoomPage `json:"pagination"`
}

// listRooms is Rooms.List.
func (f *floor) listRooms(ctx context.Context) error {
	form := append(make([]byte, 0, 160), "partner="+partner+"&timestamp="...)
	form = appendSign(strconv.AppendInt(form, time.Now().UnixMilli(), 10))
	var a listAnswer
	if err := f.post(ctx, form, &a); err != nil {
		return err
	}
	if a.Success == nil || !*a.Success || a.Page == nil || len(a.Page.Items) == 0 {
		return errAnswer
	}
	return nil
}

// queryProduct is QueryProducts of one product, with a token that is there.
func (f *floor) queryProduct(ctx context.Context) error {
	var a struct {
		ErrNo int `json:"err_no"`
		Data  struct {
			Products []douyin.ProductEntry `json:"products"`
		} `json:"data"`
	}
	body := []byte(`{"access_token":"a-token-of-the-bench","appid":"tt01","product_ids":[1]}`)
	if err := f.post(ctx, body, &a); err != nil {
		return err
	}
	if len(a.Data.Products) != 1 {
		return errAnswer
	}
	return nil
}

// uploadSize is the size of a document, the vendor's largest.
const uploadSize = duobeiyun.MaxDocumentSize

const boundary = "0123456789abcdef0123456789abcdef"

// upload is Documents.UploadFile: the form, the file, and the end of the form,
// read straight into the connection.
func (f *floor) upload(ctx context.Context, path string) error {
	file, err := os.Open(path) //nolint:gosec // it is ours
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	form := append(make([]byte, 0, 160), "partner="+partner+"&timestamp="...)
	form = appendSign(strconv.AppendInt(form, time.Now().UnixMilli(), 10))
	var head bytes.Buffer
	for pair := range bytes.SplitSeq(form, []byte("&")) {
		name, value, _ := bytes.Cut(pair, []byte("="))
		fmt.Fprintf(&head, "--%s\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", boundary, name, value)
	}
	fmt.Fprintf(&head, "--%s\r\nContent-Disposition: form-data; name=\"slidesFile\"; filename=\"a.pdf\"\r\n"+
		"Content-Type: application/pdf\r\n\r\n", boundary)
	const tail = "\r\n--" + boundary + "--\r\n"

	req := f.request.WithContext(ctx)
	req.ContentLength = int64(head.Len()) + uploadSize + int64(len(tail))
	req.Body = io.NopCloser(io.MultiReader(&head, file, bytes.NewReader([]byte(tail))))
	var a struct {
		Success bool   `json:"success"`
		UUID    string `json:"uuid"`
	}
	if err := f.do(req, &a); err != nil {
		return err
	}
	if !a.Success || a.UUID == "" {
		return errAnswer
	}
	return nil
}
