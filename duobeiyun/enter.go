package duobeiyun

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/lenient"
	"github.com/edusdk/edusdk/internal/params"
	"github.com/edusdk/edusdk/internal/transport"
)

// Role is the role in which a user enters a room.
type Role int

// The roles.
const (
	RoleTeacher   Role = 1 // 主讲人
	RoleStudent   Role = 2 // 听众
	RoleInspector Role = 3 // 隐身监课者: invisible to the others
	RoleAssistant Role = 4 // 房间助教
)

var roleNames = map[Role]string{
	RoleTeacher:   "RoleTeacher",
	RoleStudent:   "RoleStudent",
	RoleInspector: "RoleInspector",
	RoleAssistant: "RoleAssistant",
}

// String returns the name of the constant, such as RoleStudent, or Role(7) for a
// value without a name.
func (r Role) String() string { return enum.Name(r, roleNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (r Role) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(r, name, values)
}

// DeviceType is the client with which a room is entered.
type DeviceType int

// The clients. Zero lets the vendor decide by the browser.
const (
	DevicePC     DeviceType = 1
	DeviceMobile DeviceType = 2
)

var deviceTypeNames = map[DeviceType]string{DevicePC: "DevicePC", DeviceMobile: "DeviceMobile"}

// String returns the name of the constant, such as DeviceMobile, or DeviceType(7) for a
// value without a name.
func (t DeviceType) String() string { return enum.Name(t, deviceTypeNames) }

// EncodeValues implements go-querystring's Encoder: what is sent is the number.
func (t DeviceType) EncodeValues(name string, values *url.Values) error {
	return enum.Encode(t, name, values)
}

// EnterRequest describes a user who enters a room.
type EnterRequest struct {
	RoomID string `url:"roomId"` // the room's id (房间 id)
	// UID is the user's id on your own site; no two users may share one.
	UID string `url:"uid"`
	// Nickname is shown to the others in the room. It is required and must not
	// begin or end with a space.
	Nickname string `url:"nickname"`
	// Role is required: the vendor treats a user without a role as a student.
	Role Role `url:"userRole"`
	// DeviceType is optional: 0 lets the vendor decide by the browser.
	DeviceType DeviceType `url:"deviceType,omitempty"`
	// PlaybackStart and PlaybackEnd bound the part of a recording to play, in
	// whole seconds from its start. Zero means no bound.
	PlaybackStart time.Duration `url:"-"` // psTime
	PlaybackEnd   time.Duration `url:"-"` // peTime
	// Tape, if true, plays the whole uncut recording and ignores PlaybackStart
	// and PlaybackEnd.
	Tape *bool `url:"tape,omitempty"`
	// AdminDisableChat, if true, keeps a user with RoleInspector from writing in
	// the chat. It has no effect for other roles.
	AdminDisableChat *bool `url:"adminDisableChat,omitempty"`
	// PlainHTTP makes the link http, as in the document. By default it is https,
	// which browsers require for microphone and camera. If Config.BaseURL is set,
	// its scheme is used instead.
	PlainHTTP bool `url:"-"`
	// Extra holds parameters that the document lacks, such as h5. They
	// are signed like the others.
	Extra url.Values `url:"-"`
}

const enterPath = "api/v3/room/enter"

var enterLink = transport.DeclareLink(vendor, transport.Spec{
	Op: "Rooms.EnterURL", Section: "请求进入房间", Path: enterPath, Class: transport.Read,
})

// EnterURL returns the link with which a user enters a room, for an iframe or a
// browser (请求进入房间, GET api/v3/room/enter). Nothing is sent: whether the
// vendor lets the user in shows only when the link is opened, or by CheckEnter.
// Make the link when it is needed, since it is valid for five minutes.
func (s *RoomsService) EnterURL(req *EnterRequest) (*SignedURL, error) {
	values, err := params.ValueOf(req).values()
	if err != nil {
		return nil, s.core.transport.Invalid(enterLink.Op, err)
	}
	base := s.core.transport.Base()
	if req.PlainHTTP {
		base = s.core.plainBase
	}
	return s.core.link(enterLink, base, values)
}

// checkEnter fetches what EnterURL links to.
var checkEnter = transport.DeclarePage[envelope, enterParams](vendor, transport.Spec{
	Op: "Rooms.CheckEnter", Section: "请求进入房间", Path: enterPath, Class: transport.Read, Method: http.MethodGet, Traits: readyParams,
}, readEnterPage)

// enterParams are the parameters of a link, or the reason why it cannot be made.
type enterParams struct {
	values  url.Values
	problem error
}

func (p enterParams) Validate() error { return p.problem }

// CheckEnter fetches the page that EnterURL links to (请求进入房间, GET
// api/v3/room/enter) and returns the error that the page shows, if any:
// ErrFailedPrecondition with the page's words if the room cannot be entered now, for
// example because its recording has expired.
func (s *RoomsService) CheckEnter(ctx context.Context, req *EnterRequest) error {
	r := params.ValueOf(req)
	values, err := r.values()
	op := checkEnter
	if r.PlainHTTP {
		op = op.With(plainHTTP)
	}
	return transport.Done(ctx, op, s.core, enterParams{values, err})
}

// values returns the request's parameters, checked.
func (r EnterRequest) values() (url.Values, error) {
	start, errStart := playbackTime("PlaybackStart", r.PlaybackStart)
	end, errEnd := playbackTime("PlaybackEnd", r.PlaybackEnd)
	switch {
	case r.Role < RoleTeacher || r.Role > RoleAssistant:
		return nil, fieldError("Role", "must be RoleTeacher (1), RoleStudent (2), RoleInspector (3) or RoleAssistant (4)")
	case r.DeviceType < 0 || r.DeviceType > DeviceMobile:
		return nil, fieldError("DeviceType", "must be DevicePC (1), DeviceMobile (2) or 0")
	case errStart != nil:
		return nil, errStart
	case errEnd != nil:
		return nil, errEnd
	case end != "" && r.PlaybackEnd <= r.PlaybackStart:
		return nil, fieldError("PlaybackEnd", "must be after PlaybackStart")
	}
	ps, err := params.Of(r, checkParam)
	if err != nil {
		return nil, err
	}
	values := url.Values{}
	for _, p := range ps {
		values.Set(p.Name, p.Value)
	}
	if start != "" {
		values.Set("psTime", start)
	}
	if end != "" {
		values.Set("peTime", end)
	}
	for name, vs := range r.Extra {
		if values.Has(name) {
			return nil, fieldError("Extra", "holds "+name+", which has a field of its own")
		}
		values[name] = vs
	}
	return values, nil
}

// playbackTime returns d as minutes:seconds, or "" for zero.
func playbackTime(field string, d time.Duration) (string, error) {
	if d < 0 || d%time.Second != 0 {
		return "", fieldError(field, "must be whole seconds and not negative")
	}
	if d == 0 {
		return "", nil
	}
	return fmt.Sprintf("%d:%02d", d/time.Minute, d%time.Minute/time.Second), nil
}

var (
	errNoRoomPage = errors.New("the page is neither a room's page nor a known notice or error code")

	htmlTag      = regexp.MustCompile(`(?s)<!--.*?-->|<[^>]*>`)
	bareCode     = regexp.MustCompile(`^[A-Za-z_]{1,64}$`)
	statusNotice = regexp.MustCompile(`(?s)class="meeting_status"[^>]*>(.*?)</p>`)
)

// readEnterPage reads the page of a room. One that lets the user in holds an
// iframe; one that does not holds a notice, or nothing but a code. A failure in
// JSON, as of all other calls, is understood too.
func readEnterPage(ans *transport.Answer) (none struct{}, err error) {
	var e envelope
	if lenient.Unmarshal(ans.Body, &e) == nil && e.Success != nil && !*e.Success {
		return none, rejection(e.ErrorCode)
	}
	if m := statusNotice.FindSubmatch(ans.Body); m != nil {
		notice := string(bytes.TrimSpace(htmlTag.ReplaceAll(m[1], nil)))
		return none, &transport.Rejection{Kind: edusdk.ErrFailedPrecondition, Message: notice}
	}
	if bytes.Contains(ans.Body, []byte("<iframe")) {
		return none, nil
	}
	text := string(bytes.TrimSpace(htmlTag.ReplaceAll(ans.Body, nil)))
	if _, known := codes[text]; known || bareCode.MatchString(text) {
		return none, rejection(text)
	}
	return none, errNoRoomPage
}
