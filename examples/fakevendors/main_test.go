package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/douyin"
	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/zjy"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryFakeAnswersItsClient(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", writer) }()
	var printed strings.Builder
	for !strings.Contains(printed.String(), "Interrupt") {
		buf := make([]byte, 1<<10)
		n, err := reader.Read(buf)
		require.NoError(t, err)
		printed.Write(buf[:n])
	}
	bases := map[string]string{}
	for line := range strings.Lines(printed.String()) {
		if strings.HasPrefix(line, "http://") {
			line = strings.TrimSpace(line)
			bases[line[strings.LastIndexByte(line, '/'):]] = line
		}
	}
	require.Len(t, bases, len(fakes), printed.String())
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	shared := edusdk.WithHTTPClient(client)

	dby, err := duobeiyun.New(duobeiyun.Config{Partner: duobeiyuntest.Partner, AppKey: duobeiyuntest.AppKey, BaseURL: bases["/duobeiyun"]}, shared)
	require.NoError(t, err)
	_, err = dby.Merchant.Get(ctx)
	assert.NoError(t, err)

	dy, err := douyin.New(douyin.Config{
		AppID: douyintest.AppID, BaseURL: bases["/douyin"],
		Token: douyin.ClientCredential(douyin.ClientCredentialConfig{
			AppID: douyintest.AppID, Secret: douyintest.Secret, Endpoint: bases["/douyin"] + "/" + douyintest.MiniAppTokenPath,
			Options: []edusdk.Option{shared},
		}),
	}, shared)
	require.NoError(t, err)
	products, err := dy.QueryProducts(ctx, douyintest.OnShelfID)
	if assert.NoError(t, err) {
		assert.Empty(t, products.Missing)
	}

	z, err := zjy.New(zjy.Config{Auth: zjytest.Auth, BaseURL: bases["/zjy"]}, shared)
	require.NoError(t, err)
	_, err = z.Tree(ctx, zjytest.CourseOpenID, zjytest.OpenClassID)
	assert.NoError(t, err)

	rec, err := recorded.New(recorded.Config{BaseURL: bases["/recorded"]}, edusdk.WithHeader("token", recordedtest.Token), shared)
	require.NoError(t, err)
	_, err = rec.RefreshPlan(ctx, 2, 1)
	assert.NoError(t, err)

	client.CloseIdleConnections()
	cancel()
	require.NoError(t, <-ended)
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	require.ErrorContains(t, run(t.Context(), "0.0.0.0:0", io.Discard), "loopback")
	require.Error(t, run(t.Context(), "127.0.0.1:x", io.Discard))
}
