package edusdk

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

// LogValue returns the error for package slog: a group of its fields, in which the
// cause appears only as text.
func (e *Error) LogValue() slog.Value {
	attrs := append(make([]slog.Attr, 0, 12),
		slog.String("vendor", e.Vendor), slog.String("op", e.Op), slog.String("kind", e.Kind.String()))
	for _, a := range []struct{ name, value string }{
		{"code", e.Code}, {"message", e.Message}, {"requestId", e.RequestID}, {"class", e.Class}, {"lookup", e.Lookup},
	} {
		if a.value != "" {
			attrs = append(attrs, slog.String(a.name, OneLine(a.value)))
		}
	}
	if e.HTTPStatus != 0 {
		attrs = append(attrs, slog.Int("httpStatus", e.HTTPStatus))
	}
	attrs = append(attrs, slog.Int("attempts", e.Attempts))
	if e.RetryAfter != 0 {
		attrs = append(attrs, slog.Duration("retryAfter", e.RetryAfter))
	}
	attrs = append(attrs, slog.Bool("maybeApplied", e.MaybeApplied), slog.String("error", e.Error()))
	return slog.GroupValue(attrs...)
}

// MarshalJSON writes the same fields as LogValue, with RetryAfter in seconds.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Vendor       string  `json:"vendor,omitempty"`
		Op           string  `json:"op,omitempty"`
		Kind         Kind    `json:"kind"`
		Code         string  `json:"code,omitempty"`
		Message      string  `json:"message,omitempty"`
		RequestID    string  `json:"requestId,omitempty"`
		Class        string  `json:"class,omitempty"`
		Lookup       string  `json:"lookup,omitempty"`
		HTTPStatus   int     `json:"httpStatus,omitempty"`
		Attempts     int     `json:"attempts"`
		RetryAfter   float64 `json:"retryAfter,omitempty"`
		MaybeApplied bool    `json:"maybeApplied"`
		Error        string  `json:"error"`
	}{
		e.Vendor, e.Op, e.Kind, OneLine(e.Code), OneLine(e.Message), OneLine(e.RequestID), e.Class, e.Lookup,
		e.HTTPStatus, e.Attempts, e.RetryAfter.Seconds(), e.MaybeApplied, e.Error(),
	})
}

// MarshalText writes the kind's name, such as "not found".
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes. An unknown name is an error.
func (k *Kind) UnmarshalText(text []byte) error {
	for i := range kinds {
		if kinds[i].name == string(text) {
			*k = Kind(i)
			return nil
		}
	}
	return errors.New("edusdk: unknown name of a kind of failure")
}

// LogValue is the kind's name for package slog.
func (k Kind) LogValue() slog.Value { return slog.StringValue(k.String()) }

// HTTPStatus returns the status with which a service can pass a failure on to its own
// callers: 200 for nil, 500 for an error from outside this module. Failures of
// credentials and clocks concern the service and the vendor, so they are 502, like
// answers that cannot be read; a vendor that cannot be reached is 503.
func HTTPStatus(err error) int {
	if err == nil {
		return http.StatusOK
	}
	if _, ok := asType[interface {
		error
		kind() Kind
	}](err); !ok && KindOf(err) == ErrUnknown {
		return http.StatusInternalServerError
	}
	return kinds[known(KindOf(err))].status
}

// known returns k, or ErrUnknown for a number that is no kind's.
func known(k Kind) Kind {
	if int(k) >= len(kinds) {
		return ErrUnknown
	}
	return k
}

// Language is a language of Describe.
type Language string

// The languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// Describe returns a sentence or two that a service can show to its users: what
// happened and what they can do, in Chinese for Chinese and in English for any other
// lang. The text holds nothing from the request and none of the vendor's words, so log
// err itself too. For nil it returns "".
func Describe(err error, lang Language) string {
	if err == nil {
		return ""
	}
	words := func(zh, en string) string {
		if lang == Chinese {
			return zh
		}
		return en
	}
	k := known(KindOf(err))
	text := words(kinds[k].zh, kinds[k].en)
	e, _ := asType[*Error](err)
	switch {
	case e == nil:
	case e.MaybeApplied && e.Class == "upsert":
		return text + words("操作可能已经生效，可以放心重试。", " It may have taken effect; it is safe to try again.")
	case e.MaybeApplied:
		return text + words("操作可能已经生效，请先确认结果，再决定是否重试。", " It may have taken effect: check before you try again.")
	case e.RetryAfter > 0:
		wait := e.RetryAfter.Round(time.Second)
		return text + words("请在 "+wait.String()+" 后重试。", " Try again in "+wait.String()+".")
	}
	return text + words(kinds[k].doZH, kinds[k].doEN)
}
