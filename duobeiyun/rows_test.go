package duobeiyun_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/testkit"
)

func TestEveryOperation(t *testing.T) {
	row := func(op, sample string, call func(context.Context, *duobeiyun.Client) (any, error)) testkit.Row {
		return testkit.Row{Op: op, Sample: sample, Call: func(t testing.TB, network http.RoundTripper, retry edusdk.Retry) (any, error) {
			c, _ := mocked(t, nil, edusdk.WithTransport(network), edusdk.WithRetry(retry))
			return call(t.Context(), c)
		}}
	}
	// The operations whose requests or answers are of another kind than those of the
	// table have tests of their own in flow_test.go.
	rows := []testkit.Row{
		row("Documents.Upload", "document_upload.json", func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "a.pdf", Content: strings.NewReader("x")})
		}),
		row("Rooms.CheckEnter", "enter_room.html", func(ctx context.Context, c *duobeiyun.Client) (any, error) {
			return nil, c.Rooms.CheckEnter(ctx, &duobeiyun.EnterRequest{RoomID: "r", UID: "u", Nickname: "n", Role: duobeiyun.RoleStudent})
		}),
	}
	for _, o := range operations {
		rows = append(rows, row(o.op, o.sample, o.call))
	}
	testkit.CheckRows(t, "duobeiyun", "wire_test.go", rows)
}
