package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// The states of a room that its page and the list show.
const (
	roomUpcoming = "upcoming"
	roomOpen     = "open"
	roomEnded    = "ended"
)

// room is a room as pages show it.
type room struct {
	*duobeiyun.Room

	State     string // roomUpcoming, roomOpen or roomEnded
	Recording string // key of the recording's state, once the room has ended
}

func roomOf(r *duobeiyun.Room, now time.Time) room {
	shown := room{Room: r, State: roomOpen}
	switch {
	case r.VOD:
		shown.State = roomEnded
	case now.Before(r.StartTime.Time):
		shown.State = roomUpcoming
	case now.After(r.EndTime.Time):
		shown.State = roomEnded
	}
	if shown.State == roomEnded {
		shown.Recording = map[duobeiyun.ConvertStatus]string{
			duobeiyun.ConvertSucceeded: "ready", duobeiyun.ConvertFailed: "failed", duobeiyun.ConvertEmpty: "empty",
		}[r.ConvertStatus]
		if shown.Recording == "" {
			shown.Recording = "converting"
		}
		if !r.ValidEndTime.IsZero() && now.After(r.ValidEndTime.Time) {
			shown.Recording = "expired"
		}
	}
	return shown
}

// Kind returns the key of the room's type.
func (r room) Kind() string {
	switch r.CourseType {
	case duobeiyun.OneToOne:
		return "type.one"
	case duobeiyun.SmallClass, duobeiyun.SmallFlashClass:
		return "type.small"
	default:
		return "type.many"
	}
}

// roomList is what the list of rooms shows.
type roomList struct {
	Query string
	Rooms []room
	Total int
	Page  int
	Pages []pageLink
}

// pageLink leads to a page of a list; one without a Number is a gap between pages.
type pageLink struct {
	Number  int
	URL     string
	Current bool
}

func listRooms(v *visit) error {
	query := strings.TrimSpace(v.r.FormValue("q"))
	number, err := strconv.Atoi(v.r.FormValue("page"))
	if err != nil || number < 1 {
		number = 1
	}
	found, err := v.site.vendor.Rooms.List(v.r.Context(), &duobeiyun.ListRoomsRequest{Title: query, PageNo: number})
	if err != nil {
		return err
	}
	list := roomList{Query: query, Total: found.TotalCount, Page: number}
	if len(found.Items) == 0 && number > 1 { // the page was the last one, and its rooms have been deleted
		return v.redirect(pageURL(query, 1))
	}
	for _, r := range found.Items {
		list.Rooms = append(list.Rooms, roomOf(r, time.Now()))
	}
	list.Pages = pageLinks(number, found.TotalPages, func(n int) string { return pageURL(query, n) })
	return v.render(http.StatusOK, "rooms", "rooms", v.t("rooms.title"), list)
}

func pageURL(query string, number int) string {
	values := url.Values{}
	if query != "" {
		values.Set("q", query)
	}
	if number > 1 {
		values.Set("page", strconv.Itoa(number))
	}
	if len(values) == 0 {
		return "/rooms"
	}
	return "/rooms?" + values.Encode()
}

// pageLinks returns the first and the last page, and those around the current one.
func pageLinks(current, pages int, address func(int) string) []pageLink {
	if pages < 2 {
		return nil
	}
	var links []pageLink
	for n := 1; n <= pages; n++ {
		if n > 1 && n < pages && (n < current-1 || n > current+1) {
			if links[len(links)-1].Number != 0 {
				links = append(links, pageLink{})
			}
			continue
		}
		links = append(links, pageLink{n, address(n), n == current})
	}
	return links
}

// roomForm is the form that creates a room: what was typed, and what is wrong with it.
type roomForm struct {
	Title, Start, Length, Type string
	Video                      bool
	Submission                 string            // makes a form that is sent twice one request
	Wrong                      map[string]string // texts by field
	Unsure                     bool              // a room like this may be there already
}

// Lengths are those that the form offers, in minutes.
func (roomForm) Lengths() []int { return []int{30, 45, 60, 90, 120, 180, 240, 300} }

// Types are the kinds of room that the form offers.
func (roomForm) Types() map[string]string {
	return map[string]string{"1": "type.one", "2": "type.many", "8": "type.small"}
}

const inputTime = "2006-01-02T15:04" // of an <input type=datetime-local>

func newRoom(v *visit) error {
	next := time.Now().In(beijing).Truncate(time.Hour).Add(2 * time.Hour)
	form := roomForm{Start: next.Format(inputTime), Length: "90", Type: "2", Video: true}
	if again := v.site.rooms.find(v.session(), v.r.FormValue("again")); again != nil {
		form = again.form
	}
	return v.showRoomForm(form)
}

func (v *visit) showRoomForm(form roomForm) error {
	form.Submission = newID()
	title := v.t("new.title")
	if len(form.Wrong) > 0 {
		title = v.sentences(v.t("form.failed"), title)
	}
	return v.render(http.StatusOK, "new", "rooms", title, form)
}

// read returns the request that a form makes. What is wrong with the form is in Wrong
// then.
func (f *roomForm) read(v *visit) *duobeiyun.CreateRoomRequest {
	f.Wrong = map[string]string{}
	start, err := time.ParseInLocation(inputTime, f.Start, beijing)
	if err != nil {
		f.Wrong["StartTime"] = v.t("new.wrong.StartTime")
	}
	minutes, err := strconv.Atoi(f.Length)
	if err != nil {
		f.Wrong["Length"] = v.t("new.wrong.Length")
	}
	kind, err := strconv.Atoi(f.Type)
	if err != nil {
		f.Wrong["Type"] = v.t("new.wrong.Type")
	}
	return &duobeiyun.CreateRoomRequest{
		Title: f.Title, Video: f.Video, StartTime: start, Length: time.Duration(minutes) * time.Minute, Type: duobeiyun.RoomType(kind),
	}
}

// refuse adds the fields that an error is about.
func (f *roomForm) refuse(v *visit, err error) {
	for _, wrong := range edusdk.FieldErrors(err) {
		if _, known := texts["new.wrong."+wrong.Field]; known && f.Wrong[wrong.Field] == "" {
			f.Wrong[wrong.Field] = v.t("new.wrong." + wrong.Field)
		}
	}
	var e *edusdk.Error
	if errors.As(err, &e) {
		field := map[string]string{
			duobeiyun.CodeEndTimeOutOfDate: "StartTime", duobeiyun.CodeCourseLength: "Length", duobeiyun.CodeCourseType: "Type",
		}[e.Code]
		if field != "" {
			f.Wrong[field] = v.t("new.wrong." + field + "." + e.Code)
		}
	}
}

// createRoom creates a room. A form that is sent twice creates one room.
func createRoom(v *visit) error {
	form := roomForm{
		Title: strings.TrimSpace(v.r.PostFormValue("title")), Start: v.r.PostFormValue("start"),
		Length: v.r.PostFormValue("length"), Type: v.r.PostFormValue("type"), Video: v.r.PostFormValue("video") != "",
	}
	id := v.r.PostFormValue("submission")
	if !sessionForm.MatchString(id) {
		return errForged
	}
	sent, first := v.site.rooms.begin(v.session(), id, form)
	if first {
		sent.form.Submission = id
		// What was begun is finished although the browser leaves, so that its
		// outcome is known, and before the page's time is over, so that the page
		// can say that nobody knows it.
		deadline, _ := v.r.Context().Deadline() // each page has one
		v.site.background.Go(func() {
			ctx, cancel := context.WithDeadline(v.site.ctx, deadline.Add(-outcomeWithin))
			defer cancel()
			sent.create(ctx, v)
		})
	}
	select {
	case <-sent.done:
	case <-v.r.Context().Done():
		return v.r.Context().Err()
	}
	switch {
	case len(sent.form.Wrong) > 0:
		v.site.rooms.forget(v.session(), id)
		return v.showRoomForm(sent.form)
	case sent.err != nil && edusdk.MaybeApplied(sent.err):
		return v.redirect("/unsure/" + id)
	case sent.err != nil:
		return sent.err
	}
	return v.redirect("/rooms/" + url.PathEscape(sent.room.RoomID) + "?created=1")
}

// outcomeWithin is what a page has left to answer with once a call has taken too long.
const outcomeWithin = 2 * time.Second

// submission is a form that was sent.
type submission struct {
	form roomForm
	at   time.Time
	done chan struct{} // closed once the rest is known

	req  *duobeiyun.CreateRoomRequest
	room *duobeiyun.Room
	err  error
}

func (s *submission) create(ctx context.Context, v *visit) {
	defer close(s.done)
	s.req = s.form.read(v)
	if len(s.form.Wrong) == 0 {
		s.room, s.err = v.site.vendor.Rooms.Create(ctx, s.req)
		s.form.refuse(v, s.err)
		return
	}
	// What else is wrong is found without sending: the request lacks what the form
	// did not say.
	s.form.refuse(v, s.req.Validate())
	if s.form.Title == "" {
		s.form.Wrong["Title"] = v.t("new.wrong.Title")
	}
}

// submissions are the forms of the last hour. The zero value is ready for use.
type submissions struct {
	mu   sync.Mutex
	sent map[string]*submission // by session and id
}

// begin returns the submission of a form, and whether it is the first.
func (s *submissions) begin(session, id string, form roomForm) (*submission, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == nil {
		s.sent = map[string]*submission{}
	}
	for key, old := range s.sent {
		if time.Since(old.at) > time.Hour {
			delete(s.sent, key)
		}
	}
	key := session + id
	if known := s.sent[key]; known != nil {
		return known, false
	}
	s.sent[key] = &submission{form: form, at: time.Now(), done: make(chan struct{})}
	return s.sent[key], true
}

func (s *submissions) find(session, id string) *submission {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.sent[session+id]
	if found != nil {
		select {
		case <-found.done:
		default:
			return nil // it is under way
		}
	}
	return found
}

func (s *submissions) forget(session, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sent, session+id)
}

// unsureRoom is what the page about a room says that may have been created.
type unsureRoom struct {
	Title, ID string
	Looked    bool   // whether the rest is known
	Found     string // id of the room
	Missing   bool
	Several   bool
}

// lookForRoom explains that nobody knows whether a room was created, and looks.
func lookForRoom(v *visit) error {
	id := v.r.PathValue("submission")
	sent := v.site.rooms.find(v.session(), id)
	if sent == nil || sent.err == nil {
		return errNoPage
	}
	data := unsureRoom{Title: sent.form.Title, ID: id, Looked: v.r.FormValue("look") != ""}
	if data.Looked {
		found, err := v.site.vendor.Rooms.Created(v.r.Context(), sent.req)
		switch {
		case err == nil:
			data.Found = found.RoomID
		case errors.Is(err, edusdk.ErrNotFound):
			data.Missing = true
		case errors.Is(err, edusdk.ErrFailedPrecondition):
			data.Several = true
		default:
			return err
		}
	}
	title := v.t("unsure.title")
	if data.Found != "" {
		title = v.t("unsure.created")
	}
	return v.render(http.StatusOK, "unsure", "rooms", title, data)
}

// roomDetail is what a room's page shows.
type roomDetail struct {
	Room      room
	Documents []duobeiyun.RoomDocument
	Others    []*duobeiyun.Document // of the account, not attached
	Jobs      []jobView
	Students  []person
	Created   bool
	Wrong     string // with a file that was uploaded
	MaxSize   int64
}

func showRoom(v *visit) error {
	id := v.r.PathValue("room")
	data := roomDetail{Students: students, Created: v.r.FormValue("created") != "", MaxSize: duobeiyun.MaxDocumentSize}
	if wrong := "upload." + v.r.FormValue("wrong") + ".text"; texts[wrong] != (text{}) {
		data.Wrong = v.t(wrong)
	}
	var found *duobeiyun.Room
	var all *duobeiyun.DocumentPage
	err := together(
		func() (err error) { found, err = v.site.vendor.Rooms.Get(v.r.Context(), id); return err },
		func() (err error) { data.Documents, err = v.site.vendor.Rooms.Documents(v.r.Context(), id); return err },
		func() (err error) { all, err = v.site.vendor.Documents.List(v.r.Context(), nil); return err },
	)
	if err != nil {
		return err
	}
	data.Room = roomOf(found, time.Now())
	data.Jobs = v.site.uploads.ofRoom(id, v)
	attached := map[string]bool{}
	for _, d := range data.Documents {
		attached[d.DocumentID] = true
	}
	for _, d := range all.Items {
		if !attached[d.DocumentID] {
			data.Others = append(data.Others, d)
		}
	}
	return v.render(http.StatusOK, "room", "rooms", found.Title, data)
}

// together calls functions side by side, so that a page waits for its slowest answer
// and not for all of them in turn. It returns the first error in their order.
func together(calls ...func() error) error {
	errs := make([]error, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { errs[i] = call() })
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func confirmDelete(v *visit) error {
	found, err := v.site.vendor.Rooms.Get(v.r.Context(), v.r.PathValue("room"))
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "delete", "rooms", v.t("delete.title"), roomOf(found, time.Now()))
}

// deleteRoom deletes a room. One that is not there any more is as good as deleted.
func deleteRoom(v *visit) error {
	_, err := v.site.vendor.Rooms.Delete(v.r.Context(), v.r.PathValue("room"))
	if err != nil && !errors.Is(err, edusdk.ErrNotFound) {
		return err
	}
	return v.redirect("/rooms")
}
