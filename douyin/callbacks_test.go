package douyin_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
)

// naughty is a TokenSource whose methods do something else than to return, once.
type naughty struct {
	token, invalidate func()
	turns             chan struct{} // holds what is left of it
}

func (s *naughty) at(do func()) {
	if do == nil {
		return
	}
	select {
	case <-s.turns:
		do()
	default:
	}
}

func (s *naughty) Token(context.Context) (edusdk.Token, error) {
	s.at(s.token)
	return edusdk.Token{Value: "token-of-an-importer"}, nil
}

func (s *naughty) Invalidate(context.Context, string) error {
	s.at(s.invalidate)
	return nil
}

// wordsOf answers everything with the same words, the first time with those of a
// token that is not good.
type wordsOf struct{ first chan string }

func (w wordsOf) RoundTrip(req *http.Request) (*http.Response, error) {
	_ = req.Body.Close()
	words := `{"err_no":0,"data":{"products":[]}}`
	select {
	case words = <-w.first:
	default:
	}
	answer := httptest.NewRecorder()
	_, _ = answer.WriteString(words)
	return answer.Result(), nil
}

// A source of tokens is asked in the goroutine of the call, and where there is
// more than one request in goroutines of ours: the caller sees no difference.
func TestATokenSourceThatDoesNotReturn(t *testing.T) {
	boom := errors.New("boom")
	for name, do := range map[string]func(){
		"panics": func() { panic(boom) },
		"exits":  runtime.Goexit,
		"blocks": func() { time.Sleep(time.Hour) }, // in the bubble, and no context ends it
	} {
		for requests, n := range map[string]int{"one request": 1, "several": 3*douyin.MaxProductsPerRequest + 1} {
			for method, set := range map[string]func(*naughty){
				"Token":      func(s *naughty) { s.token = do },
				"Invalidate": func(s *naughty) { s.invalidate = do },
			} {
				t.Run(method+" "+name+"/"+requests, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						source := &naughty{turns: make(chan struct{}, 1)}
						source.turns <- struct{}{}
						set(source)
						words := wordsOf{make(chan string, 1)}
						words.first <- `{"err_no":28001008,"err_msg":"access_token 过期"}`
						c, err := douyin.New(douyin.Config{AppID: "app", Token: source}, edusdk.WithTransport(words))
						require.NoError(t, err)
						ids := make([]int64, n)
						for i := range ids {
							ids[i] = int64(i + 1)
						}
						var value any
						returned, ended := false, make(chan struct{})
						go func() {
							defer close(ended)
							defer func() { value = recover() }()
							_, err = c.QueryProducts(t.Context(), ids...)
							returned = true
						}()
						<-ended
						switch name {
						case "panics":
							assert.Equal(t, boom, value)
							assert.False(t, returned)
						case "exits":
							assert.Nil(t, value)
							assert.Equal(t, n > 1, returned, "with one request it ends the caller's own goroutine, as it asked for")
							if returned {
								assert.ErrorContains(t, err, "ended its goroutine")
							}
						default:
							assert.NoError(t, err)
						}
						assert.Empty(t, source.turns, "it was its turn")
						_, err = c.QueryProducts(t.Context(), ids...)
						require.NoError(t, err, "the next call")
					})
				})
			}
		}
	}
}
