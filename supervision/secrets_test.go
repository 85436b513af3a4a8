package supervision_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// recorder keeps what an observer is told.
type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) ObserveAttempt(_ context.Context, e edusdk.AttemptEvent) { r.add(e) }
func (r *recorder) ObserveCall(_ context.Context, e edusdk.CallEvent)       { r.add(e) }

func (r *recorder) add(e any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf("%+v", e))
}

// canaries are in every credential and every personal field of the calls below.
var canaries = []string{
	account, password, "canary-token", "canary-platform", "canary-device", "canary-card", "canary-name", "canary-photo", "canary-student",
	"canary-biz", "canary-typed", "canary-phone", "canary-video",
}

var canaryDevice = supervision.Device{Type: supervision.TypeH5, ID: "canary-device"}

var sensitiveCalls = map[string]func(context.Context, *supervision.Client) error{
	"authenticate": func(ctx context.Context, c *supervision.Client) error {
		return c.Students.Authenticate(ctx, "canary-card", "canary-name")
	},
	"photo": func(ctx context.Context, c *supervision.Client) error {
		return c.Students.UpdatePhoto(ctx, "canary-card", "https://files.example.com/canary-photo?a=1&b=2")
	},
	"progress": func(ctx context.Context, c *supervision.Client) error {
		return c.Study.ReportProgress(ctx, &supervision.ProgressReport{ResCode: "canary-video", StudentUserCode: "canary-student", ClassCode: "c", CourseCode: "k"})
	},
	"code": func(ctx context.Context, c *supervision.Client) error {
		return c.Checks.SubmitCode(ctx, &supervision.SubmitCodeRequest{BizCode: "canary-biz", VerificationCode: "canary-typed"})
	},
	"face": func(ctx context.Context, c *supervision.Client) error {
		_, err := c.Checks.CompareFace(ctx, &supervision.FaceRequest{
			StudentUserCode: "canary-student", ResCode: "canary-video", ClassCode: "c", BizCode: "canary-biz", Image: face,
		})
		return err
	},
	"face by address": func(ctx context.Context, c *supervision.Client) error {
		_, err := c.Checks.CompareFace(ctx, &supervision.FaceRequest{
			StudentUserCode: "canary-student", ResCode: "canary-video", ClassCode: "c", BizCode: "canary-biz", ImageURL: "https://files.example.com/canary-photo",
		})
		return err
	},
	"students": func(ctx context.Context, c *supervision.Client) error {
		return c.Business.PushStudents(ctx, []supervision.BusinessStudent{{StuCode: "canary-student", StuName: "canary-name", StuCard: "canary-card", Mobile: "canary-phone"}})
	},
	"login": func(ctx context.Context, c *supervision.Client) error { _, err := c.Login(ctx); return err },
}

// echo answers with what it was sent, in several ways.
var echoes = map[string]func(body string) httpmock.Responder{
	"as the message": func(body string) httpmock.Responder {
		return httpmock.NewJsonResponderOrPanic(200, map[string]string{"returnCode": "7", "returnMsg": "bad request: " + body})
	},
	"as the code": func(body string) httpmock.Responder {
		return httpmock.NewJsonResponderOrPanic(200, map[string]string{"returnCode": body, "returnMsg": "no"})
	},
	"in its members": func(body string) httpmock.Responder {
		return httpmock.NewJsonResponderOrPanic(200, map[string]any{"returnCode": "7", "returnMsg": strings.Join(strings.FieldsFunc(body, func(r rune) bool { return strings.ContainsRune(`{}",:`, r) }), " ")})
	},
	"escaped": func(body string) httpmock.Responder {
		return httpmock.NewJsonResponderOrPanic(200, map[string]any{"returnCode": "7", "returnMsg": url.QueryEscape(body)})
	},
	"as a page":      func(body string) httpmock.Responder { return answers(500, "<html>"+body) },
	"as what breaks": func(body string) httpmock.Responder { return answers(200, `{"returnCode":"0","returnData":"`+body) },
}

func TestNoSecretAndNothingPersonalLeaves(t *testing.T) {
	canaryFace := base64.StdEncoding.EncodeToString(face)
	forbidden := append([]string{canaryFace, canaryFace[8:40]}, canaries...)
	for call, do := range sensitiveCalls {
		for how, respond := range echoes {
			t.Run(call+"/echoed "+how, func(t *testing.T) {
				echo := func(r *http.Request) (*http.Response, error) {
					body := new(bytes.Buffer)
					_, err := body.ReadFrom(r.Body)
					assert.NoError(t, err)
					return respond(body.String())(r)
				}
				p := newPlatform(t, echo)
				p.login = answers(200, `{"returnCode":"0","returnData":{"acceptToken":"canary-token","studyPlatformCode":"canary-platform"}}`)
				if call == "login" {
					p.login = echo
				}
				var logs bytes.Buffer
				seen := &recorder{}
				cfg := config()
				cfg.Device, cfg.PlatformCode = canaryDevice, "canary-platform"
				c := newClient(t, p, cfg, edusdk.WithObserver(seen),
					edusdk.WithLogger(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))))
				err := do(t.Context(), c)
				require.Error(t, err)
				sinks := []string{logs.String(), strings.Join(seen.events, "\n")}
				for e := err; e != nil; e = errors.Unwrap(e) {
					sinks = append(sinks, e.Error(), fmt.Sprintf("%v %+v %#v %q", e, e, e, e))
				}
				require.NotEmpty(t, seen.events)
				require.NotEmpty(t, sinks[0])
				for _, sink := range sinks {
					for _, secret := range forbidden {
						assert.NotContains(t, sink, secret)
					}
				}
			})
		}
	}
}

func TestValuesRedactThemselves(t *testing.T) {
	cfg := config()
	cfg.PlatformCode, cfg.Device, cfg.TokenStore = "canary-platform", canaryDevice, edusdk.NewMemoryStore()
	c := newClient(t, newPlatform(t, nil), cfg)
	var logs bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logs, nil))
	session := supervision.Session{AcceptToken: "canary-token", PlatformCode: "canary-platform"}
	headers := supervision.Headers{UserToken: "canary-token", DeviceID: "canary-device"}
	for _, v := range []any{cfg, &cfg, c, *c, session, &session, headers, &headers} {
		log.Info("m", "v", v)
		text := fmt.Sprintf("%v %+v %#v %s %q %d %x", v, v, v, v, v, v, v)
		for _, secret := range canaries {
			assert.NotContains(t, text+logs.String(), secret, "%T", v)
		}
	}
	headers.DeviceType = supervision.TypeH5
	for _, verb := range []string{"%v", "%+v", "%#v", "%d"} {
		assert.Equal(t, "supervision.Headers(TYPE_H5, redacted)", fmt.Sprintf(verb, headers), verb)
	}
}
