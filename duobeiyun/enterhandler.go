package duobeiyun

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/edusdk/edusdk"
)

// EnterHandlerOption configures an EnterHandler.
type EnterHandlerOption func(*enterHandler)

// WithErrorPage has page answer a visitor who is not let in, in place of the plain text
// that EnterHandler answers by itself. page is called with the error as identify returned
// it, or with that of the link, and with headers that keep its answer out of caches; it
// writes the status, for example edusdk.HTTPStatus, and a page, for example with
// edusdk.Describe. The error's own text is for logs, not for visitors. nil means the plain
// text.
func WithErrorPage(page func(w http.ResponseWriter, r *http.Request, err error)) EnterHandlerOption {
	return func(h *enterHandler) { h.page = page }
}

// EnterHandler returns a handler that lets a user into a room: for every click it asks
// identify who the user is and which room is meant, signs the link as EnterURL does
// (请求进入房间, GET api/v3/room/enter), and redirects to it with status 303. A link in a
// page would be dead after five minutes; this handler's own address stays good, in a page,
// an iframe or a message.
//
// identify gets the request and returns whom to let in, as a login of your own has
// established it; never take UID, Nickname or Role from the request's query. If it returns
// nil and no error, or an error, nobody is let in. The answer is then a status and the
// name of the error's kind, and nothing else of the error: 401 for
// edusdk.ErrUnauthenticated, 403 for edusdk.ErrPermissionDenied and where identify
// returns nil, 400 for edusdk.ErrInvalidArgument, as it is for an EnterRequest that
// EnterURL refuses, 500 for an error that has no kind, and otherwise that of
// edusdk.HTTPStatus. An ErrUnauthenticated of a call to a vendor is about this service
// and not about the visitor, so it is 502, as edusdk.HTTPStatus has it. [WithErrorPage]
// shows a page of yours.
//
// The answers are not to be cached, and the vendor's page does not learn the address of
// yours. A panic of identify is net/http's to deal with. Without identify, every answer is
// a status 500 that says so.
func (s *RoomsService) EnterHandler(identify func(*http.Request) (*EnterRequest, error), opts ...EnterHandlerOption) http.Handler {
	h := &enterHandler{rooms: s, identify: identify}
	for _, opt := range opts {
		if opt != nil {
			opt(h)
		}
	}
	return h
}

type enterHandler struct {
	rooms    *RoomsService
	identify func(*http.Request) (*EnterRequest, error)
	page     func(w http.ResponseWriter, r *http.Request, err error)
}

// ServeHTTP implements http.Handler.
func (h *enterHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !isRead(w, r) {
		return
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	link, err := h.link(r)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	header.Set("Location", link.URL)
	w.WriteHeader(http.StatusSeeOther) // without a body, which would hold the link too
}

// isRead answers requests that are neither GET nor HEAD.
func isRead(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return true
	}
	w.Header().Set("Allow", "GET, HEAD")
	http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	return false
}

var (
	// errNoIdentify is what a handler answers that was made without a function.
	errNoIdentify = errors.New("duobeiyun: Rooms.EnterHandler: identify must not be nil")
	// errNobody is for an identify that knows of nobody to let in.
	errNobody = fmt.Errorf("duobeiyun: Rooms.EnterHandler: %w: identify returned no user", edusdk.ErrPermissionDenied)
)

// link returns the link for the user who is behind a request.
func (h *enterHandler) link(r *http.Request) (*SignedURL, error) {
	if h.identify == nil {
		return nil, errNoIdentify
	}
	who, err := h.identify(r)
	switch {
	case err != nil:
		return nil, err
	case who == nil:
		return nil, errNobody
	}
	return h.rooms.EnterURL(who)
}

// refuse answers a visitor who is not let in.
func (h *enterHandler) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if h.page != nil {
		h.page(w, r, err)
		return
	}
	text := edusdk.KindOf(err).String()
	if errors.Is(err, errNoIdentify) {
		text = err.Error()
	}
	http.Error(w, text, enterStatus(err))
}

// enterStatus returns the status for the error of an identify.
func enterStatus(err error) int {
	var e *edusdk.Error
	if !errors.As(err, &e) || e.Vendor == "" { // it is about the visitor
		switch edusdk.KindOf(err) {
		case edusdk.ErrUnauthenticated:
			return http.StatusUnauthorized
		case edusdk.ErrPermissionDenied:
			return http.StatusForbidden
		}
	}
	return edusdk.HTTPStatus(err)
}
