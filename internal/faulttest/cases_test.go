package faulttest

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/recorded"
	"github.com/edusdk/edusdk/zjy"
)

// fixed answers every request with a reply.
type fixed reply

func (f fixed) RoundTrip(req *http.Request) (*http.Response, error) { return reply(f).roundTrip(req) }

func answered(body, label string) []edusdk.Option {
	return []edusdk.Option{edusdk.WithTransport(fixed{[]byte(body), label}), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1})}
}

func inGBK(t *testing.T, text string) string {
	t.Helper()
	encoded, err := simplifiedchinese.GBK.NewEncoder().String(text)
	require.NoError(t, err)
	return encoded
}

// Answers of the field, each of which stands for a class of them.
func TestCasesOfTheField(t *testing.T) {
	t.Parallel()
	const base = "http://127.0.0.1:1"
	t.Run("a failure in GBK", func(t *testing.T) {
		c, err := recorded.New(recorded.Config{BaseURL: base}, answered(inGBK(t, `{"code":500,"msg":"系统繁忙","data":null}`), "application/json;charset=GBK")...)
		require.NoError(t, err)
		for _, do := range map[string]func() error{
			"RefreshPlan": func() error { _, err := c.RefreshPlan(t.Context(), 2, 1); return err },
			"Call":        func() error { return c.Call(t.Context(), http.MethodPost, "study/other", nil, nil) },
		} {
			var e *edusdk.Error
			require.ErrorAs(t, do(), &e)
			assert.Equal(t, []string{"500", "系统繁忙"}, []string{e.Code, e.Message})
		}
	})
	const profile = `{"code":1,"schoolId":"s1","disPlayName":"张三","stuNo":"99","UserName":"u","statData":{},"stuId":"i1"}`
	for label, certain := range map[string]bool{
		"text/html; charset=GBK": true, "application/json;charset=gb2312": true, "application/json; charset=gb18030": true,
		"application/json; charset=utf-8": false, "application/json": false, "": false,
	} {
		t.Run("a name in GBK labelled "+label, func(t *testing.T) {
			c, err := zjy.New(zjy.Config{Auth: "canary", BaseURL: base}, answered(inGBK(t, profile), label)...)
			require.NoError(t, err)
			got, err := c.Profile(t.Context())
			if !certain {
				require.ErrorIs(t, err, edusdk.ErrMalformedResponse)
				assert.ErrorContains(t, err, "not UTF-8")
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "张三", got.DisplayName)
		})
	}
	for list, want := range map[string][]int64{
		`{}`: {}, `[]`: {}, `{"0":{"id":5},"2":{"id":6}}`: {5, 6}, `{"2":{"id":6},"0":{"id":5}}`: {5, 6}, `{"1":{"id":5}}`: {5}, `false`: {}, `null`: {}, `""`: {},
	} {
		t.Run("files as "+list, func(t *testing.T) {
			for duration, seconds := range map[string]int64{`202.52`: 202, `"202.520000"`: 202, `2.02e2`: 202, `"202"`: 202, `{}`: 0} {
				c, err := recorded.New(recorded.Config{BaseURL: base}, answered(`{"code":200,"msg":"ok","data":{"section_info":{"id":2,"duration":`+duration+
					`,"pdf_data":`+list+`},"yet_study_section":{"section_id":1}}}`, "application/json")...)
				require.NoError(t, err)
				got, err := c.RefreshPlan(t.Context(), 2, 1)
				require.NoError(t, err)
				assert.Equal(t, seconds, got.Section.Duration, "duration %s", duration)
				ids := []int64{}
				for _, f := range got.Section.PDFData {
					ids = append(ids, f.ID)
				}
				assert.Equal(t, want, ids)
			}
		})
	}
	room := func(t *testing.T, body string) *duobeiyun.Client {
		t.Helper()
		c, err := duobeiyun.New(duobeiyun.Config{Partner: "p", AppKey: "k", BaseURL: base}, answered(body, "application/json")...)
		require.NoError(t, err)
		return c
	}
	t.Run("an error without success", func(t *testing.T) {
		c := room(t, `{"error":"app_sign_error"}`)
		_, user := c.Statistics.LiveUser(t.Context(), "jz1", "u1")
		_, whole := c.Statistics.LiveRoom(t.Context(), "jz1")
		for _, err := range []error{user, whole} {
			var e *edusdk.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, duobeiyun.CodeSign, e.Code)
			assert.Equal(t, edusdk.ErrUnauthenticated, e.Kind)
			assert.Equal(t, 1, e.Attempts)
		}
	})
	t.Run("statistics that are null", func(t *testing.T) {
		got, err := room(t, `{"roomZhiboDetail":null,"success":true}`).Statistics.LiveRoom(t.Context(), "jz1")
		require.NoError(t, err)
		assert.Equal(t, &duobeiyun.LiveRoomStats{RoomID: "jz1"}, got)
		for _, other := range []string{`false`, `""`, `7`, `"canary"`} {
			_, err := room(t, `{"roomZhiboDetail":`+other+`,"success":true}`).Statistics.LiveRoom(t.Context(), "jz1")
			require.ErrorIs(t, err, edusdk.ErrMalformedResponse, other)
		}
	})
	for _, id := range []string{`"slidesUuid":"d1"`, `"documentId":"d1"`, `"documentId":"","slidesUuid":"d1"`, `"documentId":null,"slidesUuid":"d1"`} {
		t.Run("a document with "+id, func(t *testing.T) {
			docs, err := room(t, `{"success":true,"documents":[{`+id+`}]}`).Rooms.Documents(t.Context(), "jz1")
			require.NoError(t, err)
			require.Len(t, docs, 1)
			assert.Equal(t, "d1", docs[0].DocumentID)
			page, err := room(t, `{"success":true,"pagination":{"items":[{`+id+`}]}}`).Documents.List(t.Context(), nil)
			require.NoError(t, err)
			require.Len(t, page.Items, 1)
			assert.Equal(t, "d1", page.Items[0].DocumentID)
		})
	}
}
