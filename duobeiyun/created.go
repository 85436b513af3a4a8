package duobeiyun

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// Created finds the room that a Create or CreateHourly with req created although its
// answer was lost (edusdk.MaybeApplied): the room with req's title, start and type. It
// reads the list of the rooms with that title, and the details of rooms for which the
// list does not tell enough.
//
// If there is none, the error is of kind ErrNotFound, and the room can be created
// again; but give a request that may still be under way some seconds to arrive. If
// several rooms match, the error is of kind ErrFailedPrecondition, and List shows them.
// If the list could not be read completely, or a room in it could not be compared, and
// no other room matches, the error is of kind ErrUnknown: it is not known whether the
// room is there.
func (s *RoomsService) Created(ctx context.Context, req *CreateRoomRequest) (*Room, error) {
	r := params.ValueOf(req).inZone()
	f := finder[*Room]{core: s.core, op: "Rooms.Created", what: "room", by: "title, start and type", list: listRooms.Op}
	if err := params.Join(f.text("Title", r.Title), r.Validate()); err != nil {
		return nil, f.refuse(ctx, err)
	}
	return f.find(roomID, s.titled(ctx, r.Title, &f), func(room *Room) (*Room, match, error) {
		switch {
		case room.Title == "" || room.StartTime.IsZero() || room.RoomID == "":
			return nil, unclear, nil
		case room.Title != r.Title || !room.StartTime.Truncate(time.Minute).Equal(r.StartTime.Truncate(time.Minute)):
			return nil, other, nil
		}
		m := same
		if room.CourseType == 0 { // as in the document's list
			if room, m = s.details(ctx, room.RoomID, &f); m != same {
				return nil, m, f.err
			}
		}
		switch room.CourseType {
		case 0:
			m = unclear
		case r.Type:
		default:
			m = other
		}
		return room, m, nil
	})
}

// Attached finds the document that an AttachDocument attached although its answer was
// lost. Its errors are like those of Created.
func (s *RoomsService) Attached(ctx context.Context, roomID, documentID string) (*RoomDocument, error) {
	f := finder[*RoomDocument]{core: s.core, op: "Rooms.Attached", what: "document of the room", by: "id", list: roomDocuments.Op}
	if err := params.Join(f.text("roomID", roomID), f.text("documentID", documentID)); err != nil {
		return nil, f.refuse(ctx, err)
	}
	return f.find(func(d *RoomDocument) string { return d.DocumentID }, func(int) ([]*RoomDocument, Pagination, error) {
		documents, unread, err := roomDocuments.Read(ctx, s.core, roomParams{roomID})
		f.note(Pagination{}, unread)
		items := make([]*RoomDocument, len(documents))
		for i := range documents {
			items[i] = &documents[i]
		}
		return items, Pagination{LastPage: true}, err
	}, func(d *RoomDocument) (*RoomDocument, match, error) { return d, matches(d.DocumentID, documentID), nil })
}

// Created finds the room that a Create with the title created although its answer was
// lost: the room of an uploaded video (Room.VOD) with that title, whose start is the
// time of its creation. Rooms that are older than since, the time of the call, do not
// match; a zero since accepts rooms of any age. The videoKey is not compared, since the
// vendor's answers do not hold it. Its errors are like those of Rooms.Created.
func (s *VideosService) Created(ctx context.Context, title string, since time.Time) (*Room, error) {
	rooms := &RoomsService{s.core}
	f := finder[*Room]{core: s.core, op: "Videos.Created", what: "room", by: "title and age", list: listRooms.Op}
	if err := f.text("title", title); err != nil {
		return nil, f.refuse(ctx, err)
	}
	return f.find(roomID, rooms.titled(ctx, title, &f), func(room *Room) (*Room, match, error) {
		m := matches(room.Title, title).and(younger(room.StartTime, since))
		switch {
		case m != same || room.VOD:
			return room, m, nil
		case room.RoomID == "":
			return nil, unclear, nil
		}
		// The document's list does not tell what was made of a video.
		if room, m = s.vod(ctx, room, &f); m != same {
			return nil, m, f.err
		}
		return room, m, nil
	})
}

// vod returns the details of a room that may be one of a video.
func (s *VideosService) vod(ctx context.Context, room *Room, f *finder[*Room]) (*Room, match) {
	room, m := (&RoomsService{s.core}).details(ctx, room.RoomID, f)
	if m == same && !room.VOD {
		m = other
	}
	return room, m
}

// UploadedRequest says which document Uploaded looks for.
type UploadedRequest struct {
	// Name is the file's name, as in the UploadRequest. Required.
	Name string
	// Size is the size of the file in bytes; 0 accepts documents of any size. The
	// vendor rounds sizes to three or four digits.
	Size int64
	// Since is when the upload began: a document that was uploaded more than five
	// minutes earlier, by which clocks may differ, does not match. Zero accepts
	// documents of any age.
	Since time.Time
}

// Validate checks Size.
func (r UploadedRequest) Validate() error {
	if r.Size < 0 {
		return fieldError("Size", "must not be negative")
	}
	return nil
}

// Uploaded finds the document that an Upload created although its answer was lost. Its
// errors are like those of Rooms.Created.
func (s *DocumentsService) Uploaded(ctx context.Context, req *UploadedRequest) (*Document, error) {
	r := params.ValueOf(req)
	f := finder[*Document]{core: s.core, op: "Documents.Uploaded", what: "document", by: "name, size and age", list: listDocuments.Op}
	if err := params.Join(f.text("Name", r.Name), r.Validate()); err != nil {
		return nil, f.refuse(ctx, err)
	}
	return f.find(func(d *Document) string { return d.DocumentID }, func(pageNo int) ([]*Document, Pagination, error) {
		page, unread, err := listDocuments.Read(ctx, s.core, ListDocumentsRequest{Name: r.Name, PageNo: pageNo})
		if err != nil {
			return nil, Pagination{}, err
		}
		f.note(page.Pagination, unread)
		return page.Items, page.Pagination, nil
	}, func(d *Document) (*Document, match, error) {
		m := matches(d.OriginalDocName, r.Name).and(younger(d.CreateTime, r.Since)).and(sized(d.DocSize, r.Size))
		if m == same && d.DocumentID == "" {
			m = unclear
		}
		return d, m, nil
	})
}

// match says whether an item of a list is what a lost call has made.
type match uint8

const (
	other   match = iota // it is something else
	unclear              // the list lacks what would tell
	same
)

// and returns what two properties say of an item.
func (m match) and(n match) match { return min(m, n) }

// matches compares a text of the vendor's.
func matches(got, want string) match {
	switch got {
	case want:
		return same
	case "":
		return unclear
	}
	return other
}

// younger compares a time of the vendor's with one of ours. Clocks differ by less than
// the lifetime of a signature, or the call would have been turned down.
func younger(made Time, since time.Time) match {
	switch {
	case since.IsZero():
		return same
	case made.IsZero():
		return unclear
	case made.Before(since.Add(-SignatureLifetime)):
		return other
	}
	return same
}

// sized compares a size as the vendor writes it, such as "158.0K", with one in bytes.
func sized(text string, size int64) match {
	if size == 0 {
		return same
	}
	digits := strings.TrimRight(strings.ToUpper(strings.TrimSpace(text)), "BI")
	power := strings.IndexAny("KMG", digits[max(len(digits)-1, 0):])
	digits = strings.TrimSpace(strings.TrimRight(digits, "KMG"))
	got, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return unclear
	}
	step := 1.0 // of the last digit that is told
	if _, decimals, ok := strings.Cut(digits, "."); ok {
		for range decimals {
			step /= 10
		}
	}
	for _, thousand := range []float64{1024, 1000} {
		want := float64(size)
		for range power + 1 {
			want /= thousand
		}
		if want > got-step && want < got+step {
			return same
		}
	}
	return other
}

func roomID(r *Room) string { return r.RoomID }

// finder looks in a list for what a lost call has made.
type finder[T any] struct {
	*core

	op   string // the method that looks
	what string // what it looks for
	by   string // which properties are compared
	list string // the method that shows the list

	partial bool  // a part of the list was not seen, or could not be compared
	total   int   // how many items the last page has promised
	err     error // of a call beside those for the list
}

// text checks a text that is needed.
func (f *finder[T]) text(field, value string) error {
	if problem := textProblem(value); problem != "" {
		return fieldError(field, problem)
	}
	return nil
}

// refuse returns the error for arguments that are not looked for.
func (f *finder[T]) refuse(ctx context.Context, err error) error {
	return f.transport.Refuse(ctx, &transport.Spec{Op: f.op, Class: transport.Read}, err)
}

// note notes what is missing from a page. Items move up when one before them is
// deleted, so that the next page begins behind one that was not seen.
func (f *finder[T]) note(page Pagination, unread []edusdk.UnreadField) {
	for _, u := range unread {
		f.partial = f.partial || u.Incomplete()
	}
	f.partial = f.partial || page.TotalCount < f.total
	f.total = page.TotalCount
}

// find looks through all pages for the one item that matches.
func (f *finder[T]) find(id func(T) string, fetch func(pageNo int) ([]T, Pagination, error), compare func(T) (T, match, error)) (found T, err error) {
	n := 0
	for item, err := range all(1, fetch, id, func(stuck error) error { return stuck }) {
		if errors.Is(err, errStuck) {
			f.partial = true
			break
		}
		if err != nil {
			return *new(T), err
		}
		item, m, err := compare(item)
		switch {
		case err != nil:
			return *new(T), err
		case m == unclear:
			f.partial = true
		case m == same:
			found = item
			n++
		}
	}
	switch {
	case n == 1:
		return found, nil
	case n > 1:
		return *new(T), f.failure(edusdk.ErrFailedPrecondition,
			fmt.Sprintf("%d match by %s, so it is not known which one the call has made: %s shows them", n, f.by, f.list))
	case f.partial:
		return *new(T), f.failure(edusdk.ErrUnknown,
			"the answer of "+f.list+" could not be read whole or compared, so it is not known whether the "+f.what+" is there")
	}
	return *new(T), f.failure(edusdk.ErrNotFound, "no "+f.what+" matches by "+f.by)
}

func (f *finder[T]) failure(kind edusdk.Kind, text string) error {
	return &edusdk.Error{Vendor: vendor, Op: f.op, Kind: kind, Err: errors.New(text)}
}

// titled returns how to read the pages of the rooms whose titles contain a text.
func (s *RoomsService) titled(ctx context.Context, title string, f *finder[*Room]) func(pageNo int) ([]*Room, Pagination, error) {
	return func(pageNo int) ([]*Room, Pagination, error) {
		page, unread, err := listRooms.Read(ctx, s.core, ListRoomsRequest{Title: title, PageNo: pageNo})
		if err != nil {
			return nil, Pagination{}, err
		}
		f.note(page.Pagination, unread)
		return page.Items, page.Pagination, nil
	}
}

// details returns what the list does not tell of a room. One that was deleted
// meanwhile is another one.
func (s *RoomsService) details(ctx context.Context, roomID string, f *finder[*Room]) (*Room, match) {
	room, unread, err := getRoom.Read(ctx, s.core, roomParams{roomID})
	switch {
	case errors.Is(err, edusdk.ErrNotFound):
		return nil, other
	case err != nil:
		f.err = err
		return nil, unclear
	}
	for _, u := range unread {
		if strings.HasSuffix(u.Field, ".vod") {
			return nil, unclear
		}
	}
	return room, same
}
