// Package douyintest is a fake of Douyin's course products and of both its token
// endpoints, for the tests of services that use package douyin, in the test's
// own process.
//
// 抖音开放平台课程查询与获取 access_token 接口的模拟服务，供测试使用。
//
// # Make a client
//
//	srv := douyintest.NewServer()
//	defer srv.Close()
//	client, err := douyin.New(srv.Config())
//
// # What it knows and checks
//
// It knows three products, and those that a test submits and has reviewed.
// Tokens expire after two hours of its clock, or earlier when others are asked
// for, as the vendor's do; one that is not good any more is answered with
// 28001008. Products that it does not know are absent from its answers.
//
// # Let calls fail
//
// What goes wrong on the way to a vendor can be put in its place with
// [Handler.Intercept], a failure of the vendor's own with [Handler.FailNext], and tokens
// that have expired with [Handler.ExpireTokens].
package douyintest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/internal/fake"
)

// The credentials that the fake knows.
const (
	AppID  = "ttfake0123456789abcd"
	Secret = "fake-douyin-secret-0123456789" //nolint:gosec // it is made up
)

// The products that a new fake has. Their ids are beyond what a float holds.
const (
	OnShelfID   int64 = 5432181212227612345 // for sale
	ReviewingID int64 = 768781212227612347  // under its first review
	ChangedID   int64 = 9007199254740993    // for sale, and a change of it under review
)

// The paths of the endpoints, without a slash in front.
const (
	QueryPath             = "product/api/query"
	MiniAppTokenPath      = "api/apps/v2/token"   //nolint:gosec // a path
	OpenPlatformTokenPath = "oauth/client_token/" //nolint:gosec // a path
)

const (
	maxProducts   = 500             // of a request
	tokenLifetime = 2 * time.Hour   // of a token
	oldLifetime   = 5 * time.Minute // of a mini app's token once there is a newer one
	openTokens    = 2               // of the open platform that are good at a time
	openCalls     = 500             // for tokens of the open platform in openWindow
	openWindow    = 5 * time.Minute
	maxBody       = 1 << 20
)

// Server is the fake on a loopback address.
type Server struct {
	*Handler

	// URL is the server's address, without a slash at its end.
	URL string

	http   *httptest.Server
	client *http.Client // for tokens
}

// NewServer starts a fake. Close it in the end.
func NewServer() *Server {
	h := NewHandler()
	s := httptest.NewServer(h)
	return &Server{Handler: h, URL: s.URL, http: s, client: s.Client()}
}

// Close stops the server; it waits for requests under way.
func (s *Server) Close() {
	s.client.CloseIdleConnections()
	s.http.Close()
}

// Config returns the configuration of a client of this server, with a token
// source of its own that gets tokens from TokenURL.
func (s *Server) Config() douyin.Config {
	return douyin.Config{AppID: AppID, BaseURL: s.URL, Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
		AppID: AppID, Secret: Secret, Endpoint: s.TokenURL(),
		Options: []edusdk.Option{edusdk.WithHTTPClient(s.client)},
	})}
}

// TokenURL is the address of the fake's token endpoint for mini apps, for
// douyin.ClientCredentialConfig.Endpoint.
func (s *Server) TokenURL() string { return s.URL + "/" + MiniAppTokenPath }

// OpenTokenURL is the address of the fake's token endpoint of the open platform.
func (s *Server) OpenTokenURL() string { return s.URL + "/" + OpenPlatformTokenPath }

// Handler is the fake as an http.Handler, to be mounted in a server of yours.
// Strip a path prefix before it. It is safe for concurrent use.
type Handler struct {
	core     *fake.Core[Request, map[string]any]
	products map[int64]*states
	audits   int
	tokens   []token // that were given out, the oldest first
	opened   []time.Time
	failing  fake.Queue[int] // codes, by path
	requests int
}

// Request is a request that reached the fake.
type Request struct {
	Method     string         // HTTP method
	Path       string         // without a slash in front
	Header     http.Header    // as received
	Params     map[string]any // of the JSON body; numbers are json.Number
	ProductIDs []int64        // of a query
	Code       int            // that was answered: err_no or error_code
	LogID      string         // that was answered

	// Problem says what was wrong and names the field, which the vendor's answer does
	// not. It holds no value, and is "" for success and for a failure that FailNext
	// ordered.
	Problem string
}

// token is one that was given out.
type token struct {
	value   string
	open    bool // of the open platform
	expires time.Time
}

// NewHandler returns a fake without a server.
func NewHandler() *Handler {
	h := &Handler{products: map[int64]*states{}, failing: fake.Queue[int]{}}
	h.core = fake.New[Request, map[string]any](h.serve)
	h.Submit(Product{ID: OnShelfID, Title: "Python 入门教程", Price: 4900})
	h.Approve(OnShelfID)
	h.Submit(Product{ID: ReviewingID, Title: "摄影基础", Price: 9900})
	h.Submit(Product{ID: ChangedID, Title: "声乐第一课", Price: 1900})
	h.Approve(ChangedID)
	h.Submit(Product{ID: ChangedID, Title: "声乐第一课（新版）", Price: 2900})
	return h
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.core.ServeHTTP(w, r) }

// Intercept puts a handler in front of the fake, and of those put there before:
// it may delay or change requests, answer them itself, or break them off. Only
// what it passes on to next reaches the fake and its Requests.
func (h *Handler) Intercept(wrap func(next http.Handler) http.Handler) { h.core.Intercept(wrap) }

// SetClock replaces the fake's clock, time.Now, by which tokens expire.
func (h *Handler) SetClock(now func() time.Time) { h.core.SetClock(now) }

// SetLogger sets what is told of every request that reaches the fake: its method
// and path, the vendor's verdict, and what was wrong (see Request.Problem); no
// value that was sent. Until then, and with nil, nothing is.
func (h *Handler) SetLogger(logger *slog.Logger) { h.core.SetLogger(logger) }

// Requests returns the requests so far, the last 10,000 at most.
func (h *Handler) Requests() []Request { return h.core.Requests() }

// FailNext answers the next query with a code, such as 28001005. Several calls
// fail as many queries.
func (h *Handler) FailNext(code int) {
	h.core.Lock()
	defer h.core.Unlock()
	h.failing.Add(QueryPath, code)
}

// Handle sets what answers the requests for a path, such as "product/api/add", in
// place of what the fake itself may have there. The access token is checked, but
// for the token endpoints; serve gets the JSON object that was sent, in which
// numbers are json.Number, and returns what is answered as data, with the err_no 0.
// It must not call the Handler.
func (h *Handler) Handle(path string, serve func(params map[string]any) (data any)) {
	h.core.Handle(path, serve)
}

// ExpireTokens ends all tokens that were given out.
func (h *Handler) ExpireTokens() {
	h.core.Lock()
	defer h.core.Unlock()
	h.tokens = nil
}

// serve answers a request that nothing intercepted.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	answer := h.endpoint(path)
	if answer == nil || r.Method != http.MethodPost {
		problem := "the method must be POST"
		if answer == nil {
			problem = "the vendor has no such endpoint"
		}
		h.core.Log(r.Context(), fake.Verdict{Method: r.Method, Path: path, Status: http.StatusNotFound, Refused: true, Problem: problem})
		http.Error(w, "<html><body>404 Not Found</body></html>", http.StatusNotFound)
		return
	}
	req := Request{Method: r.Method, Path: path, Header: r.Header.Clone(), Params: receive(r)}
	h.core.Lock()
	h.requests++
	req.LogID = fmt.Sprintf("%s%018X", h.core.Now().Format("20060102150405"), h.requests)
	var body map[string]any
	req.Code, body = answer(&req)
	body["log_id"] = req.LogID
	h.core.Remember(req)
	h.core.Unlock()
	h.core.Log(r.Context(), fake.Verdict{
		Method: r.Method, Path: path, Status: http.StatusOK, Code: strconv.Itoa(req.Code), Refused: req.Code != 0, Problem: req.Problem,
	})
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(body)
}

// endpoint returns what answers the requests for a path, nil where nothing does.
func (h *Handler) endpoint(path string) func(*Request) (code int, body map[string]any) {
	h.core.Lock()
	defer h.core.Unlock()
	if serve := h.core.Handler(path); serve != nil {
		return func(req *Request) (int, map[string]any) {
			if path != MiniAppTokenPath && path != OpenPlatformTokenPath {
				if code := h.check(req); code != 0 {
					return failure(code)
				}
			}
			return 0, map[string]any{"err_no": 0, "err_msg": "", "data": serve(req.Params)}
		}
	}
	return map[string]func(*Request) (int, map[string]any){
		QueryPath: h.query, MiniAppTokenPath: h.miniAppToken, OpenPlatformTokenPath: h.openPlatformToken,
	}[path]
}

// receive decodes a JSON object; nil stands for everything else.
func receive(r *http.Request) map[string]any {
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	decoder.UseNumber()
	var params map[string]any
	if decoder.Decode(&params) != nil || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return nil
	}
	return params
}

// messages are the vendor's words.
var messages = map[int]string{
	0:        "success",
	28001003: "access_token无效",
	28001005: "系统内部错误，请重试",
	28001006: "网络调用错误，请重试",
	28001007: "参数不合法",
	28001008: "access_token过期,请刷新或重新授权",
	28001018: "应用未获得该能力, 请去https://open.douyin.com/申请",
	28001019: "应用该能力已被封禁",
	28003017: "quota已用完",
	28003018: "请求频率过高",
	40015:    "bad appid",
	40017:    "bad secret",
	40020:    "bad grant_type",
	10002:    "参数错误",
	10003:    "client_key 不存在",
	10013:    "client_key 或者 client_secret 报错",
	10020:    "调用频率过高",
}

// query answers product/api/query.
func (h *Handler) query(req *Request) (int, map[string]any) {
	if code := h.check(req); code != 0 {
		return failure(code)
	}
	ids, ok := productIDs(req.Params["product_ids"])
	switch {
	case !ok:
		return req.refuse(28001007, "product_ids must be a list of 1 to 500 whole numbers")
	case req.Params["appid"] != AppID:
		return req.refuse(28001007, "appid is missing, or not the fake's")
	}
	req.ProductIDs = ids
	products := []any{}
	for _, id := range ids {
		if p := h.products[id]; p != nil {
			products = append(products, p.show())
		}
	}
	return 0, map[string]any{"err_no": 0, "err_msg": "", "data": map[string]any{"products": products}}
}

// check returns the code of a failure that was ordered, or what is wrong with a
// request that any product endpoint would refuse; 0 for neither.
func (h *Handler) check(req *Request) int {
	if code, ok := h.failing.Next(req.Path); ok {
		return code
	}
	if req.Params == nil {
		req.Problem = notAnObject
		return 28001007
	}
	if value, _ := req.Params["access_token"].(string); !h.good(value) {
		req.Problem = "access_token is missing, was never given out, or has expired"
		return 28001008
	}
	return 0
}

// failure returns how a code is answered.
func failure(code int) (int, map[string]any) {
	return code, map[string]any{"err_no": code, "err_msg": cmp.Or(messages[code], "error"), "data": nil}
}

// notAnObject is what is wrong with a request without parameters.
const notAnObject = "the body must be a JSON object, and labelled application/json"

// refuse is failure with what was wrong.
func (r *Request) refuse(code int, problem string) (int, map[string]any) {
	r.Problem = problem
	return failure(code)
}

// productIDs reads a list of 1 to 500 whole numbers.
func productIDs(param any) ([]int64, bool) {
	list, _ := param.([]any)
	if len(list) == 0 || len(list) > maxProducts {
		return nil, false
	}
	ids := make([]int64, len(list))
	for i, v := range list {
		number, _ := v.(json.Number)
		id, err := strconv.ParseInt(number.String(), 10, 64)
		if err != nil {
			return nil, false
		}
		ids[i] = id
	}
	return ids, true
}

// good reports whether a token has been given out and has not expired.
func (h *Handler) good(value string) bool {
	return slices.ContainsFunc(h.tokens, func(t token) bool { return t.value == value && h.core.Now().Before(t.expires) })
}

// give returns a new token.
func (h *Handler) give(open bool) string {
	now := h.core.Now()
	h.tokens = slices.DeleteFunc(h.tokens, func(t token) bool { return !now.Before(t.expires) })
	t := token{fmt.Sprintf("fake-douyin-token-%06d", h.requests), open, now.Add(tokenLifetime)}
	h.tokens = append(h.tokens, t)
	return t.value
}

// wantGrant is what is wrong with another grant_type.
const wantGrant = "grant_type must be client_credential"

// miniAppToken answers api/apps/v2/token. A new token cuts the older ones to
// five minutes.
func (h *Handler) miniAppToken(req *Request) (int, map[string]any) {
	code, data := 0, map[string]any{"access_token": "", "expires_in": 0}
	switch {
	case req.Params == nil:
		code, req.Problem = 40015, notAnObject
	case req.Params["appid"] != AppID:
		code, req.Problem = 40015, "appid is missing, or not the fake's"
	case req.Params["secret"] != Secret:
		code, req.Problem = 40017, "secret is missing, or not the fake's"
	case req.Params["grant_type"] != "client_credential":
		code, req.Problem = 40020, wantGrant
	default:
		last := h.core.Now().Add(oldLifetime)
		for i := range h.tokens {
			if t := &h.tokens[i]; !t.open && t.expires.After(last) {
				t.expires = last
			}
		}
		data = map[string]any{"access_token": h.give(false), "expires_in": int(tokenLifetime.Seconds())}
	}
	return code, map[string]any{"err_no": code, "err_tips": messages[code], "data": data}
}

// openPlatformToken answers oauth/client_token/. The latest two tokens are good.
func (h *Handler) openPlatformToken(req *Request) (int, map[string]any) {
	now := h.core.Now()
	h.opened = append(slices.DeleteFunc(h.opened, func(t time.Time) bool { return now.Sub(t) >= openWindow }), now)
	code := 0
	switch {
	case len(h.opened) > openCalls:
		code, req.Problem = 10020, "more than 500 calls in five minutes"
	case req.Params == nil:
		code, req.Problem = 10002, notAnObject
	case req.Params["client_key"] == nil:
		code, req.Problem = 10002, "client_key is missing"
	case req.Params["client_secret"] == nil:
		code, req.Problem = 10002, "client_secret is missing"
	case req.Params["grant_type"] != "client_credential":
		code, req.Problem = 10002, wantGrant
	case req.Params["client_key"] != AppID:
		code, req.Problem = 10003, "client_key is not the fake's"
	case req.Params["client_secret"] != Secret:
		code, req.Problem = 10013, "client_secret is not the fake's"
	}
	if code != 0 {
		return code, map[string]any{
			"data":    map[string]any{"access_token": "", "expires_in": 0, "error_code": code, "description": messages[code]},
			"message": "error",
		}
	}
	keep := openTokens - 1
	for i := range slices.Backward(h.tokens) {
		if !h.tokens[i].open {
			continue
		}
		if keep--; keep < 0 {
			h.tokens[i].expires = now
		}
	}
	return code, map[string]any{
		"data":    map[string]any{"access_token": h.give(true), "expires_in": int(tokenLifetime.Seconds()), "error_code": 0, "description": ""},
		"message": "success",
	}
}
