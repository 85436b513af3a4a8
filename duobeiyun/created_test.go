package duobeiyun_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
)

var lostRoom = &duobeiyun.CreateRoomRequest{
	Title: "初二数学", StartTime: time.Date(2030, 5, 1, 8, 0, 0, 0, time.UTC), Length: time.Hour, Type: duobeiyun.OneToMany,
}

// What a call has made whose answer was lost is found, and before the call there is
// nothing to be found.
func TestWhatALostCallHasMadeIsFound(t *testing.T) {
	t.Parallel()
	srv := duobeiyuntest.NewServer()
	defer srv.Close()
	c, err := duobeiyun.New(srv.Config())
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	ctx := t.Context()
	room, err := c.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
		Title: "另一间", StartTime: lostRoom.StartTime, Length: time.Hour, Type: duobeiyun.OneToMany,
	})
	require.NoError(t, err)
	id, err := c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "第一课.pdf", Content: strings.NewReader("content")})
	require.NoError(t, err)
	began := time.Now()
	lesson := strings.Repeat("content ", 10_000)
	for _, tt := range []struct {
		name, path string
		create     func() error
		find       func() (id string, err error)
	}{
		{
			"Rooms.Create", "api/v4/room/create",
			func() error { _, err := c.Rooms.Create(ctx, lostRoom); return err },
			func() (string, error) {
				room, err := c.Rooms.Created(ctx, lostRoom)
				if err != nil {
					return "", err
				}
				return room.Title + " " + room.StartTime.String(), nil
			},
		},
		{
			"Rooms.CreateHourly", "api/v3/room/create",
			func() error { _, err := c.Rooms.CreateHourly(ctx, otherType(lostRoom)); return err },
			func() (string, error) {
				room, err := c.Rooms.Created(ctx, otherType(lostRoom))
				if err != nil {
					return "", err
				}
				return fmt.Sprint(int(room.CourseType)), nil
			},
		},
		{
			"Videos.Create", "api/v3/room/video/create",
			func() error { _, err := c.Videos.Create(ctx, "初二数学", "key"); return err },
			func() (string, error) {
				room, err := c.Videos.Created(ctx, "初二数学", began)
				if err != nil {
					return "", err
				}
				return fmt.Sprint(room.VOD), nil
			},
		},
		{
			"Documents.Upload", "api/v3/documents/upload",
			func() error {
				_, err := c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "第一课.pdf", Content: strings.NewReader(lesson)})
				return err
			},
			func() (string, error) {
				d, err := c.Documents.Uploaded(ctx, &duobeiyun.UploadedRequest{Name: "第一课.pdf", Size: int64(len(lesson)), Since: began})
				if err != nil {
					return "", err
				}
				return d.DocSize, nil
			},
		},
		{
			"Rooms.AttachDocument", "api/v3/room/attachDocument",
			func() error { return c.Rooms.AttachDocument(ctx, room.RoomID, id) },
			func() (string, error) {
				d, err := c.Rooms.Attached(ctx, room.RoomID, id)
				if err != nil {
					return "", err
				}
				return d.DocumentID, nil
			},
		},
	} {
		_, err := tt.find()
		require.ErrorIs(t, err, edusdk.ErrNotFound, tt.name)
		srv.LoseNext(tt.path)
		err = tt.create()
		require.True(t, edusdk.MaybeApplied(err), "%s: %v", tt.name, err)
		found, err := tt.find()
		require.NoError(t, err, tt.name)
		assert.Contains(t, map[string]string{
			"Rooms.Create": "初二数学 2030-05-01 16:00:00 +0800 UTC+8", "Rooms.CreateHourly": "1", "Videos.Create": "true",
			"Documents.Upload": "78.1K", "Rooms.AttachDocument": id,
		}[tt.name], found, tt.name)
	}
}

func otherType(r *duobeiyun.CreateRoomRequest) *duobeiyun.CreateRoomRequest {
	other := *r
	other.Type = duobeiyun.OneToOne
	return &other
}

// list is what a vendor's list holds, page by page, and details the rest.
type list struct {
	pages   []string          // the items of each page, as JSON; the last one is given again where more is promised
	more    bool              // the last page promises more
	total   []int             // what each page says of how many there are; nil for 0
	details map[string]string // a room's details by its id
	asked   []string          // the paths of the requests
}

func (l *list) answer(t *testing.T) httpmock.Responder {
	return func(r *http.Request) (*http.Response, error) {
		l.asked = append(l.asked, strings.TrimPrefix(r.URL.Path, "/api/v3/"))
		form := fields(t, r)
		switch {
		case strings.HasSuffix(r.URL.Path, "/detail"):
			if course := l.details[form.Get("roomId")]; course != "" {
				return httpmock.NewStringResponse(200, `{"success":true,"course":`+course+`}`), nil
			}
			return httpmock.NewStringResponse(200, `{"success":false,"error":"app_course_error"}`), nil
		case strings.HasSuffix(r.URL.Path, "listDocuments"):
			return httpmock.NewStringResponse(200, `{"success":true,"documents":`+l.pages[0]+`}`), nil
		}
		no := 1
		_, err := fmt.Sscan(form.Get("pageNo"), &no)
		assert.NoError(t, err)
		at := min(no, len(l.pages)) - 1
		if l.pages[at] == "" {
			return httpmock.NewStringResponse(503, ""), nil
		}
		more := no < len(l.pages) || l.more
		page := map[string]any{"items": json.RawMessage(l.pages[at]), "pageNo": no, "hasNextPage": more, "lastPage": !more}
		if l.total != nil {
			page["totalCount"] = l.total[at]
		}
		b, err := json.Marshal(map[string]any{"success": true, "pagination": page})
		assert.NoError(t, err)
		return httpmock.NewBytesResponse(200, b), nil
	}
}

// lookup is a search in a list that has come to something.
type lookup struct {
	name string
	list list
	id   string      // of what is found, or
	kind edusdk.Kind // of the error,
	says string      // whose text contains this
	asks []string    // the requests; nil where they do not matter
}

func (tt *lookup) check(t *testing.T, find func(context.Context, *duobeiyun.Client) (id string, err error)) {
	t.Helper()
	t.Run(tt.name, func(t *testing.T) {
		t.Parallel()
		c, _ := mocked(t, tt.list.answer(t), edusdk.WithRetry(edusdk.Retry{MaxAttempts: 1}))
		id, err := find(t.Context(), c)
		if tt.id != "" {
			require.NoError(t, err)
			assert.Equal(t, tt.id, id)
		} else {
			require.Error(t, err)
			assert.Equal(t, tt.kind, edusdk.KindOf(err), "kind of %v", err)
			assert.ErrorContains(t, err, tt.says)
		}
		if tt.asks != nil {
			assert.Equal(t, tt.asks, tt.list.asked)
		}
	})
}

const (
	thatRoom  = `{"roomId":"jz1","title":"初二数学","startTime":"2030-05-01 16:00:00","courseType":2}`
	otherRoom = `{"roomId":"jz2","title":"初二数学","startTime":"2030-05-02 16:00:00","courseType":2}`
	notKnown  = "so it is not known whether the room is there"
)

func TestRoomsCreated(t *testing.T) {
	t.Parallel()
	for _, tt := range []lookup{
		{name: "it is there", list: list{pages: []string{"[" + otherRoom + "," + thatRoom + "]"}}, id: "jz1", asks: []string{"room/list"}},
		{name: "with seconds", list: list{pages: []string{`[{"roomId":"jz1","title":"初二数学","startTime":"2030-05-01 16:00:59","courseType":2}]`}}, id: "jz1"},
		{name: "on the second page", list: list{pages: []string{"[" + otherRoom + "]", "[" + thatRoom + "]"}}, id: "jz1"},
		{name: "on two pages, because another came first", list: list{pages: []string{"[" + otherRoom + "," + thatRoom + "]", "[" + thatRoom + "]"}}, id: "jz1"},
		{name: "nothing is there", list: list{pages: []string{"[]"}}, kind: edusdk.ErrNotFound, says: "no room matches by title, start and type"},
		{name: "others are there", list: list{pages: []string{"[" + otherRoom + "]"}}, kind: edusdk.ErrNotFound},
		{name: "of another title", list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", "初二数学", "初二数学2")}}, kind: edusdk.ErrNotFound},
		{name: "of another type", list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `:2}`, `:1}`)}}, kind: edusdk.ErrNotFound},
		{
			name: "two", list: list{pages: []string{"[" + thatRoom + "]", "[" + strings.ReplaceAll(thatRoom, "jz1", "jz3") + "]"}},
			kind: edusdk.ErrFailedPrecondition, says: "2 match by title, start and type, so it is not known which one the call has made: Rooms.List shows them",
		},

		{name: "a broken room", list: list{pages: []string{`[{"roomId":{},"title":"初二数学"},` + otherRoom + "]"}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "a broken room beside it", list: list{pages: []string{`[{"roomId":{},"title":"初二数学"},` + thatRoom + "]"}}, id: "jz1"},
		{name: "a room that is none", list: list{pages: []string{`[7,` + otherRoom + "]"}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "a room without an id", list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `"jz1"`, "null")}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "without a title", list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `"初二数学"`, "null")}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "without a start", list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `"2030-05-01 16:00:00"`, "null")}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "with a start that cannot be read", list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `"2030-05-01 16:00:00"`, `"tomorrow"`)}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "with a picture that cannot be read", list: list{pages: []string{strings.ReplaceAll("["+otherRoom+"]", `"roomId"`, `"coverImgUrl":{},"roomId"`)}}, kind: edusdk.ErrNotFound},
		{name: "the list does not advance", list: list{pages: []string{"[" + otherRoom + "]"}, more: true}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "the list does not advance, but it is in it", list: list{pages: []string{"[" + thatRoom + "]"}, more: true}, id: "jz1"},
		{name: "the list gets shorter", list: list{pages: []string{"[" + otherRoom + "]", "[]"}, total: []int{3, 2}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "the list gets longer", list: list{pages: []string{"[" + otherRoom + "]", "[]"}, total: []int{2, 3}}, kind: edusdk.ErrNotFound},
		{name: "the second page does not come", list: list{pages: []string{"[" + thatRoom + "]", ""}}, kind: edusdk.ErrUnavailable, says: "Rooms.List"},

		// The list of the document does not tell the type.
		{
			name: "no type, and it is the one", list: list{
				pages:   []string{strings.ReplaceAll("["+thatRoom+","+otherRoom+"]", `,"courseType":2`, "")},
				details: map[string]string{"jz1": thatRoom},
			}, id: "jz1", asks: []string{"room/list", "room/detail"},
		},
		{
			name: "no type, and it is another", kind: edusdk.ErrNotFound,
			list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `,"courseType":2`, "")}, details: map[string]string{"jz1": strings.ReplaceAll(thatRoom, ":2}", ":8}")}},
		},
		{
			name: "no type anywhere", kind: edusdk.ErrUnknown, says: notKnown,
			list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `,"courseType":2`, "")}, details: map[string]string{"jz1": strings.ReplaceAll(thatRoom, `,"courseType":2`, "")}},
		},
		{name: "no type, and deleted meanwhile", kind: edusdk.ErrNotFound, list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `,"courseType":2`, "")}}},
		{
			name: "no type, and no details", kind: edusdk.ErrMalformedResponse, says: "Rooms.Get",
			list: list{pages: []string{strings.ReplaceAll("["+thatRoom+"]", `,"courseType":2`, "")}, details: map[string]string{"jz1": "null"}},
		},
	} {
		tt.check(t, func(ctx context.Context, c *duobeiyun.Client) (string, error) {
			room, err := c.Rooms.Created(ctx, lostRoom)
			if err != nil {
				return "", err
			}
			return room.RoomID, nil
		})
	}
}

func TestVideosCreated(t *testing.T) {
	t.Parallel()
	const (
		video = `{"roomId":"jz1","title":"初二数学","startTime":"2026-03-02 17:00:10","vod":true}`
		live  = `{"roomId":"jz2","title":"初二数学","startTime":"2026-03-02 17:00:10"}`
	)
	for _, tt := range []lookup{
		{name: "it is there", list: list{pages: []string{"[" + video + "]"}}, id: "jz1", asks: []string{"room/list"}},
		{name: "the list does not tell", list: list{pages: []string{"[" + live + "]"}, details: map[string]string{"jz2": video}}, id: "jz1"},
		{name: "a live one", list: list{pages: []string{"[" + live + "]"}, details: map[string]string{"jz2": live}}, kind: edusdk.ErrNotFound, says: "no room matches by title and age"},
		{
			name: "nobody can tell", kind: edusdk.ErrUnknown, says: notKnown,
			list: list{pages: []string{"[" + live + "]"}, details: map[string]string{"jz2": strings.ReplaceAll(video, "true", `[1]`)}},
		},
		{name: "an older one", list: list{pages: []string{strings.ReplaceAll("["+video+"]", "17:00:10", "16:54:59")}}, kind: edusdk.ErrNotFound, asks: []string{"room/list"}},
		{name: "by a clock that is behind", list: list{pages: []string{strings.ReplaceAll("["+video+"]", "17:00:10", "16:56:00")}}, id: "jz1"},
		{name: "of unknown age", list: list{pages: []string{strings.ReplaceAll("["+video+"]", `"2026-03-02 17:00:10"`, "null")}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "without an id", list: list{pages: []string{strings.ReplaceAll("["+live+"]", `"jz2"`, "null")}}, kind: edusdk.ErrUnknown, says: notKnown},
		{name: "two", list: list{pages: []string{"[" + video + "," + strings.ReplaceAll(video, "jz1", "jz3") + "]"}}, kind: edusdk.ErrFailedPrecondition, says: "2 match"},
	} {
		tt.check(t, func(ctx context.Context, c *duobeiyun.Client) (string, error) {
			room, err := c.Videos.Created(ctx, "初二数学", now)
			if err != nil {
				return "", err
			}
			return room.RoomID, nil
		})
	}
}

func TestDocumentsUploaded(t *testing.T) {
	t.Parallel()
	document := fmt.Sprintf(`{"uniqueId":"d1","originalDocName":"第一课.pdf","createTime":%d,"docSize":"78.1K","status":1}`, now.UnixMilli())
	rows := []lookup{
		{name: "it is there", list: list{pages: []string{"[" + document + "]"}}, id: "d1"},
		{name: "of another name", list: list{pages: []string{strings.ReplaceAll("["+document+"]", "第一课", "旧第一课")}}, kind: edusdk.ErrNotFound, says: "no document matches by name, size and age"},
		{name: "of another age", list: list{pages: []string{strings.ReplaceAll("["+document+"]", fmt.Sprint(now.UnixMilli()), "1430309490000")}}, kind: edusdk.ErrNotFound},
		{name: "of unknown age", list: list{pages: []string{strings.ReplaceAll("["+document+"]", fmt.Sprint(now.UnixMilli()), "null")}}, kind: edusdk.ErrUnknown},
		{name: "without an id", list: list{pages: []string{strings.ReplaceAll("["+document+"]", `"d1"`, "null")}}, kind: edusdk.ErrUnknown, says: "whether the document is there"},
		{name: "two", list: list{pages: []string{"[" + document + "," + strings.ReplaceAll(document, "d1", "d2") + "]"}}, kind: edusdk.ErrFailedPrecondition, says: "Documents.List shows them"},
		{name: "the list does not advance", list: list{pages: []string{"[]"}, more: true}, kind: edusdk.ErrUnknown},
	}
	for size, kind := range map[string]edusdk.Kind{ // 80,000 bytes; 0 is a success
		"78.1K": 0, "78K": 0, "79 KB": 0, "80.0k": 0, "80000": 0, "80000B": 0, "0.1M": 0, "78.1KiB": 0,
		"77.9K": edusdk.ErrNotFound, "78.1M": edusdk.ErrNotFound, "80001": edusdk.ErrNotFound, "1.2G": edusdk.ErrNotFound,
		"": edusdk.ErrUnknown, "large": edusdk.ErrUnknown, "K": edusdk.ErrUnknown,
	} {
		tt := lookup{name: "size " + size, list: list{pages: []string{strings.ReplaceAll("["+document+"]", "78.1K", size)}}, kind: kind}
		if kind == 0 && size != "" && size != "large" && size != "K" {
			tt.id = "d1"
		}
		rows = append(rows, tt)
	}
	for _, tt := range rows {
		tt.check(t, func(ctx context.Context, c *duobeiyun.Client) (string, error) {
			d, err := c.Documents.Uploaded(ctx, &duobeiyun.UploadedRequest{Name: "第一课.pdf", Size: 80_000, Since: now})
			if err != nil {
				return "", err
			}
			return d.DocumentID, nil
		})
	}
}

func TestRoomsAttached(t *testing.T) {
	t.Parallel()
	const document = `{"documentId":"d1","status":"converted"}`
	for _, tt := range []lookup{
		{name: "it is there", list: list{pages: []string{`[{"documentId":"d2","status":"converted"},` + document + "]"}}, id: "d1", asks: []string{"room/listDocuments"}},
		{name: "listed twice", list: list{pages: []string{"[" + document + "," + document + "]"}}, id: "d1"},
		{name: "none", list: list{pages: []string{"[]"}}, kind: edusdk.ErrNotFound, says: "no document of the room matches by id"},
		{name: "another", list: list{pages: []string{strings.ReplaceAll("["+document+"]", "d1", "d10")}}, kind: edusdk.ErrNotFound},
		{name: "without an id", list: list{pages: []string{strings.ReplaceAll("["+document+"]", `"d1"`, "null")}}, kind: edusdk.ErrUnknown},
		{name: "a broken one", list: list{pages: []string{`[{"documentId":{}}]`}}, kind: edusdk.ErrUnknown, says: "Rooms.Documents could not be read whole"},
	} {
		tt.check(t, func(ctx context.Context, c *duobeiyun.Client) (string, error) {
			d, err := c.Rooms.Attached(ctx, "jz1", "d1")
			if err != nil {
				return "", err
			}
			return d.DocumentID, nil
		})
	}
}

func TestWhatIsNotLookedFor(t *testing.T) {
	t.Parallel()
	seen := &events{}
	c, mock := mocked(t, httpmock.NewStringResponder(200, "{}"), edusdk.WithObserver(seen))
	ctx := t.Context()
	rows := map[string]func() error{
		"Rooms.Created: Title must not be empty": func() error { _, err := c.Rooms.Created(ctx, nil); return err },
		"Rooms.Created: StartTime must be given": func() error {
			_, err := c.Rooms.Created(ctx, &duobeiyun.CreateRoomRequest{Title: "数学", Type: duobeiyun.OneToOne})
			return err
		},
		"Rooms.Created: Type must be": func() error {
			_, err := c.Rooms.Created(ctx, &duobeiyun.CreateRoomRequest{Title: "数学", StartTime: now})
			return err
		},
		"Rooms.Attached: roomID must not":     func() error { _, err := c.Rooms.Attached(ctx, "", "d1"); return err },
		"Rooms.Attached: documentID must not": func() error { _, err := c.Rooms.Attached(ctx, "jz1", " d1"); return err },
		"Videos.Created: title must not":      func() error { _, err := c.Videos.Created(ctx, "", now); return err },
		"Documents.Uploaded: Name must not":   func() error { _, err := c.Documents.Uploaded(ctx, nil); return err },
		"Documents.Uploaded: Size must not be n": func() error {
			_, err := c.Documents.Uploaded(ctx, &duobeiyun.UploadedRequest{Name: "a.pdf", Size: -1})
			return err
		},
	}
	for want, call := range rows {
		err := call()
		asFieldError(t, err)
		op, problem, _ := strings.Cut(want, ": ")
		assert.Equal(t, op, asError(t, err).Op)
		assert.ErrorContains(t, err, problem)
	}
	assert.Zero(t, mock.GetTotalCallCount())
	assert.Len(t, seen.all, len(rows), "metrics see them too")
}
