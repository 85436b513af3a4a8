package main

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// classPage is what the page around a classroom shows.
type classPage struct {
	Room    room
	As      string // "teacher", or a student's ID
	Name    string
	Address string // of the frame, on this site
	Again   string // address of this page
	Closed  string // why the room cannot be entered; "" if it can
	Final   bool   // that will not change
	Minutes int    // for which a link is good
}

// visitor returns who wants to enter a room. In this demonstration visitors choose who
// they are. A real site knows that from its login and never takes it from the request:
// who could write it there could be anybody.
func visitor(r *http.Request) (*duobeiyun.EnterRequest, error) {
	req := &duobeiyun.EnterRequest{RoomID: r.PathValue("room"), UID: teacher.ID, Nickname: teacher.Name, Role: duobeiyun.RoleTeacher}
	as := r.FormValue("as")
	if as == "teacher" {
		return req, nil
	}
	student, ok := studentByID(as)
	if !ok {
		return nil, errNobody
	}
	req.UID, req.Nickname, req.Role = student.ID, student.Name, duobeiyun.RoleStudent
	return req, nil
}

// enter lets the visitor into a room: the page's frame asks for it, is given a link that
// was signed for it at this moment, and goes there. The link is in no page, where it
// would be dead after five minutes.
func (s *site) enter() http.Handler {
	handler := s.vendor.Rooms.EnterHandler(visitor, duobeiyun.WithErrorPage(func(w http.ResponseWriter, r *http.Request, err error) {
		s.page(func(*visit) error { return err }).ServeHTTP(w, r)
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", s.contentPolicy("'self'")) // it is in a frame of this site
		handler.ServeHTTP(w, r)
	})
}

// showClass shows the page around a classroom. What the frame shows comes from the
// vendor, and no page can see into it; so the vendor is asked before whether it lets the
// visitor in.
func showClass(v *visit) error {
	who, err := visitor(v.r)
	if err != nil {
		return err
	}
	var found *duobeiyun.Room
	var closed error
	err = together(
		func() (err error) { found, err = v.site.vendor.Rooms.Get(v.r.Context(), who.RoomID); return err },
		func() error { closed = v.site.vendor.Rooms.CheckEnter(v.r.Context(), who); return nil },
	)
	if err != nil {
		return err
	}
	shown := roomOf(found, time.Now())
	here := "/rooms/" + url.PathEscape(who.RoomID)
	query := "?as=" + url.QueryEscape(v.r.FormValue("as"))
	return v.render(http.StatusOK, "class", "rooms", found.Title, classPage{
		Room: shown, As: v.r.FormValue("as"), Name: who.Nickname,
		Address: here + "/enter" + query, Again: here + "/class" + query,
		Closed: v.closed(closed), Final: shown.Recording == "failed" || shown.Recording == "empty" || shown.Recording == "expired",
		Minutes: int(duobeiyun.SignatureLifetime / time.Minute),
	})
}

// closed says why a room cannot be entered.
func (v *visit) closed(err error) string {
	var e *edusdk.Error
	if err == nil || !errors.As(err, &e) {
		return edusdk.Describe(err, v.lang)
	}
	key := map[string]string{ // by the words of the vendor's page
		"未开始": "class.closed.upcoming", "转换中": "class.closed.converting", "转换失败": "class.closed.failed",
		"空录像": "class.closed.empty", "回放有效期已过": "class.closed.expired",
	}[e.Message]
	if key == "" {
		return edusdk.Describe(err, v.lang)
	}
	return v.t(key)
}
