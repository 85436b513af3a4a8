package duobeiyun

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/parallel"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// Attendance tells who took part in a live lesson, and for how long.
type Attendance struct {
	RoomID    string
	Attendees []Attendee // in the order in which Attendance was asked for them
}

// Attendee is a user who was to take part in a live lesson.
type Attendee struct {
	UID   string     // the user's id, as in EnterRequest.UID
	Stays []LiveView // by their beginnings; none for a user who was not there
	// Total is the length of all stays together: of a user who was there with a PC and a
	// phone at the same time, both count.
	Total time.Duration
	// Present is for how long the user was there: time that several stays cover counts
	// once, so it is never more than Total. A stay of which the answer lacks the beginning
	// counts in full.
	Present time.Duration
	// FirstSeen is when the first stay began, and LastSeen when the last one ended. Both
	// are zero for a user who was not there.
	FirstSeen, LastSeen Time
	// Platforms are what the user was there with, in the vendor's words: "pc", "mobile" or
	// both, in this order. None for a user who was not there.
	Platforms []string
}

// Attended reports whether the user was there at all.
func (a Attendee) Attended() bool { return len(a.Stays) > 0 }

// attendance is the name of a method that makes the calls of others.
var attendance = &transport.Spec{Vendor: vendor, Op: "Statistics.Attendance", Class: transport.Read}

// attendanceBound is how many requests an Attendance has under way.
const attendanceBound = 8

// Attendance returns for how long each of the users watched a room live, added up from what
// LiveUser returns for them (直播时,用户相关的数据统计, POST api/v3/statistics/zhibo/user): one
// request for each of uids, eight at a time. uids are the EnterRequest.UID of those who were
// to come, since the vendor has no list of them; one who did not come is in the result
// without stays. The first error ends the call, and says which of uids it is about by its
// place.
func (s *StatisticsService) Attendance(ctx context.Context, roomID string, uids ...string) (*Attendance, error) {
	if err := checkAttendance(ctx, roomID, uids); err != nil {
		return nil, s.core.transport.Refuse(ctx, attendance, err)
	}
	all := &Attendance{RoomID: roomID, Attendees: make([]Attendee, len(uids))}
	group := parallel.NewGroup(ctx, attendanceBound)
	for i, uid := range uids {
		group.Go(func(ctx context.Context) error {
			stats, err := s.LiveUser(ctx, roomID, uid)
			if err != nil {
				return ofUID(i, err)
			}
			all.Attendees[i] = attendee(uid, stats.Details)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, s.core.transport.Interrupted(attendance.Op, err)
	}
	return all, nil
}

func checkAttendance(ctx context.Context, roomID string, uids []string) error {
	var problems []error
	if problem := textProblem(roomID); problem != "" {
		problems = append(problems, fieldError("roomID", problem))
	}
	if len(uids) == 0 {
		problems = append(problems, fieldError("uids", "must name a user"))
	}
	for i, uid := range uids {
		if problem := textProblem(uid); problem != "" {
			problems = append(problems, fieldError("uids", fmt.Sprintf("must not hold an id that is wrong: uids[%d] %s", i, problem)))
			break
		}
	}
	if ctx == nil {
		problems = append(problems, fieldError("ctx", "must not be nil"))
	}
	return params.Join(problems...)
}

// ofUID returns the error of a call about one of uids with its place. The id itself can be
// personal data.
func ofUID(i int, err error) error {
	e, ok := err.(*edusdk.Error) //nolint:errorlint // a call's own
	if !ok {
		return err
	}
	placed := *e
	if e.Err == nil {
		placed.Err = fmt.Errorf("of uids[%d]", i)
	} else {
		placed.Err = fmt.Errorf("of uids[%d]: %w", i, e.Err)
	}
	return &placed
}

// attendee adds up the stays of a user.
func attendee(uid string, stays []LiveView) Attendee {
	a := Attendee{UID: uid, Stays: slices.Clone(stays)}
	slices.SortStableFunc(a.Stays, func(v, w LiveView) int { return v.Timestamp.Compare(w.Timestamp.Time) })
	for _, v := range a.Stays {
		a.Total += v.length()
		if v.Platform != "" && !slices.Contains(a.Platforms, v.Platform) {
			a.Platforms = append(a.Platforms, v.Platform)
		}
		if v.Timestamp.IsZero() {
			a.Present += v.length()
			continue
		}
		if a.FirstSeen.IsZero() {
			a.FirstSeen, a.LastSeen = v.Timestamp, v.Timestamp
		}
		// What came before ended at LastSeen at the latest.
		begin, end := later(v.Timestamp, a.LastSeen), v.End()
		a.Present += max(0, end.Sub(begin.Time))
		a.LastSeen = later(a.LastSeen, end)
	}
	slices.SortFunc(a.Platforms, func(p, q string) int {
		return cmp.Or(-cmp.Compare(rank(p), rank(q)), cmp.Compare(p, q))
	})
	return a
}

// later returns the later of two times.
func later(t, u Time) Time {
	if t.After(u.Time) {
		return t
	}
	return u
}

// The vendor's words for what a stay was made with.
const (
	platformPC     = "pc"
	platformMobile = "mobile"
)

// rank is by which platforms are sorted: the highest goes first.
func rank(platform string) int {
	return slices.Index([]string{platformMobile, platformPC}, platform)
}

// AttendanceCSV says how WriteCSV writes. Its zero value writes in Chinese, without names.
type AttendanceCSV struct {
	// Language is that of the header and of the words in the cells: edusdk.Chinese, which
	// is the default, or edusdk.English.
	Language edusdk.Language
	// Name returns what a user is called, for a column of its own behind the id; nil: there
	// is no such column. It is called once for each row.
	Name func(uid string) string
	// Header, if not nil, takes the place of the column titles. It must have as many as
	// there are columns: eight, and a ninth with Name.
	Header []string
}

// csvWords are what WriteCSV writes in a language.
type csvWords struct {
	uid, name, attended, first, last, present, total, stays, platforms string
	yes, no, pc, mobile, and                                           string
}

var csvIn = map[edusdk.Language]csvWords{
	edusdk.Chinese: {
		"用户 ID", "姓名", "是否到课", "首次进入（北京时间）", "最后离开（北京时间）", "在线时长（分钟）", "累计时长（分钟）", "进入次数", "设备",
		"是", "否", "电脑", "手机", "、",
	},
	edusdk.English: {
		"User ID", "Name", "Attended", "First seen (Beijing time)", "Last seen (Beijing time)", "Present (minutes)", "All stays (minutes)", "Stays", "Devices",
		"yes", "no", "PC", "mobile", ", ",
	},
}

// WriteCSV writes the attendance as a table for spreadsheets: a row of titles, then one for
// each attendee with the id, the name (if opts.Name is given), whether the user was there,
// the first and the last time, Present, Total, the number of stays, and the devices. nil
// opts are the zero value.
//
// It is UTF-8 with the mark by which Excel recognises that. Times are Beijing time, as
// "2026-03-02 09:00:00". Lengths are minutes with two decimals, "62.05", because
// spreadsheets add those up as they are, whereas a sum of h:mm:ss starts again after 24
// hours. For a user who was not there, times are empty and lengths 0.00. A cell that a
// spreadsheet could take for a formula, because an id or a name begins with =, +, -, @, a
// tab or a line break, has an apostrophe in front.
//
// Titles that do not fit are an error of kind ErrInvalidArgument; other errors are those of
// w.
func (a *Attendance) WriteCSV(w io.Writer, opts *AttendanceCSV) error {
	o := AttendanceCSV{}
	if opts != nil {
		o = *opts
	}
	words, known := csvIn[cmp.Or(o.Language, edusdk.Chinese)]
	header := []string{words.uid, words.name, words.attended, words.first, words.last, words.present, words.total, words.stays, words.platforms}
	if o.Name == nil {
		header = slices.Delete(header, 1, 2)
	}
	switch {
	case !known:
		return csvError("Language", "must be edusdk.Chinese, edusdk.English or empty")
	case o.Header != nil && len(o.Header) != len(header):
		return csvError("Header", fmt.Sprintf("must have %d titles", len(header)))
	case o.Header != nil:
		header = o.Header
	}
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return err
	}
	table := csv.NewWriter(w)
	table.UseCRLF = true
	row := make([]string, 0, len(header))
	for _, title := range header {
		row = append(row, harmless(title))
	}
	_ = table.Write(row) // table.Error tells
	for _, who := range a.Attendees {
		row = append(row[:0], harmless(who.UID))
		if o.Name != nil {
			row = append(row, harmless(o.Name(who.UID)))
		}
		attended := words.no
		if who.Attended() {
			attended = words.yes
		}
		_ = table.Write(append(row, attended, csvTime(who.FirstSeen), csvTime(who.LastSeen),
			csvMinutes(who.Present), csvMinutes(who.Total), strconv.Itoa(len(who.Stays)), words.devices(who.Platforms)))
	}
	table.Flush()
	return table.Error()
}

func csvError(field, problem string) error {
	return &edusdk.Error{Vendor: vendor, Op: "Attendance.WriteCSV", Kind: edusdk.ErrInvalidArgument, Err: fieldError(field, problem)}
}

// devices names platforms.
func (w csvWords) devices(platforms []string) string {
	names := make([]string, len(platforms))
	for i, p := range platforms {
		switch p {
		case platformPC:
			p = w.pc
		case platformMobile:
			p = w.mobile
		}
		names[i] = p
	}
	return harmless(strings.Join(names, w.and))
}

func csvTime(t Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.DateTime)
}

func csvMinutes(d time.Duration) string { return strconv.FormatFloat(d.Minutes(), 'f', 2, 64) }

// harmless returns a text that no spreadsheet takes for a formula.
func harmless(text string) string {
	trimmed := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) && !strings.ContainsRune("\t\r\n", r) })
	if first, size := utf8.DecodeRuneInString(trimmed); size > 0 && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + text
	}
	return text
}
