package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// serveVariable, when it is set, makes this program the server.
const serveVariable = "EDUSDK_BENCH_SERVE"

// latency is what the server takes for an answer where that matters.
const latency = 20 * time.Millisecond

// burst is how many calls the server holds back until all of them are there.
const burst = 64

// counts is what the server has seen since it was asked last.
type counts struct {
	Connections int64 // opened
	Logins      int64
	Uploads     int64
	Unsized     int64 // uploads without a Content-Length, or with a wrong one
}

// server answers for the vendors and for the peers' vendors.
type server struct {
	connections, logins, uploads, unsized atomic.Int64

	mu      sync.Mutex
	waiting int
	release chan struct{}
}

// serve runs the server in this process until its standard input ends. It
// prints its two addresses: that of the vendors, and its own for the counts.
func serve() error {
	s := &server{release: make(chan struct{})}
	var listen net.ListenConfig
	var addresses [2]string
	for i, srv := range []*http.Server{
		{Handler: s.vendors(), ReadHeaderTimeout: time.Minute, ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.connections.Add(1)
			}
		}},
		{Handler: http.HandlerFunc(s.counts), ReadHeaderTimeout: time.Minute},
	} {
		l, err := listen.Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		addresses[i] = "http://" + l.Addr().String()
		go func() { _ = srv.Serve(l) }()
	}
	fmt.Println(addresses[0], addresses[1])
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func (s *server) vendors() http.Handler {
	mux := http.NewServeMux()
	for path, body := range smallAnswers {
		mux.Handle(path, answer(body))
	}
	for _, n := range []int{20, 2000} {
		mux.Handle("/list"+strconv.Itoa(n)+"/api/v3/room/list", answer(roomList(n, "")))
	}
	mux.HandleFunc("/burst/api/v3/room/detail", func(w http.ResponseWriter, r *http.Request) {
		s.together()
		answer(smallRoom).ServeHTTP(w, r)
	})
	mux.HandleFunc("/api/v3/documents/upload", s.upload)
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		s.logins.Add(1)
		time.Sleep(latency)
		answer(`{"err_no":0,"data":{"access_token":"a-token-of-the-bench","expires_in":7200}}`).ServeHTTP(w, r)
	})
	mux.Handle("/product/api/query", answer(products(1)))
	mux.HandleFunc("/slow/product/api/query", func(w http.ResponseWriter, r *http.Request) {
		var query struct {
			IDs []int64 `json:"product_ids"`
		}
		_ = json.NewDecoder(r.Body).Decode(&query)
		time.Sleep(latency)
		answer(products(query.IDs...)).ServeHTTP(w, r)
	})
	for path, body := range map[string]string{
		"getProcessList": treeOutline, "getTopicByModuleId": treeTopicList, "getCellByTopicId": treeCellList,
	} {
		mux.HandleFunc("/api/study/process/"+path, func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(latency)
			answer(body).ServeHTTP(w, r)
		})
	}
	return mux
}

// smallAnswers are the small answers by their paths.
var smallAnswers = map[string]string{
	"/api/v3/room/detail":              smallRoom,
	"/linode/v4/linode/stackscripts/7": smallScript,
	"/github/users/zhangsan":           smallUser,
	"/v1/coupons/c7":                   smallCoupon,
	"/openai/files/f7":                 smallFile,
}

// answer returns a handler that always gives the same JSON.
func answer(body string) http.Handler {
	content := []byte(body)
	length := []string{strconv.Itoa(len(content))}
	jsonType := []string{"application/json"}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Content-Type"], h["Content-Length"] = jsonType, length
		_, _ = w.Write(content)
	})
}

func products(ids ...int64) string {
	return `{"err_no":0,"err_msg":"","log_id":"202603031030","data":{"products":` +
		list(len(ids), func(i int) string { return product(ids[i]) }) + `}}`
}

// together returns once as many calls as a burst has are there.
func (s *server) together() {
	s.mu.Lock()
	release := s.release
	s.waiting++
	if s.waiting == burst {
		s.waiting, s.release = 0, make(chan struct{})
		close(release)
	}
	s.mu.Unlock()
	select {
	case <-release:
	case <-time.After(10 * time.Second):
	}
}

// upload takes a document as fast as it comes.
func (s *server) upload(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	s.uploads.Add(1)
	if err != nil || n != r.ContentLength || n <= uploadSize {
		s.unsized.Add(1)
	}
	answer(`{"success":true,"uuid":"d1"}`).ServeHTTP(w, r)
}

// counts tells what was counted and begins anew.
func (s *server) counts(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(counts{
		s.connections.Swap(0), s.logins.Swap(0), s.uploads.Swap(0), s.unsized.Swap(0),
	})
}

// remote is the server as the measuring process sees it.
type remote struct {
	base, control string
	stop          func()
}

// startServer starts this program once more, as the server.
func startServer(ctx context.Context) (*remote, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self) //nolint:gosec // it is this program
	cmd.Env = append(os.Environ(), serveVariable+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &remote{stop: func() {
		_ = in.Close()
		_ = cmd.Wait()
	}}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		var found bool
		if r.base, r.control, found = strings.Cut(strings.TrimSpace(line), " "); !found {
			err = errors.New("the server printed no addresses")
		}
	}
	if err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// counts returns what the server has counted since the last time.
func (r *remote) counts(ctx context.Context) (c counts, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.control, nil)
	if err != nil {
		return c, err
	}
	resp, err := control.Do(req)
	if err != nil {
		return c, err
	}
	defer func() { _ = resp.Body.Close() }()
	return c, json.NewDecoder(resp.Body).Decode(&c)
}

// control carries the questions for the counts.
var control = &http.Client{Transport: &http.Transport{}}

func closeControl() { control.CloseIdleConnections() }
