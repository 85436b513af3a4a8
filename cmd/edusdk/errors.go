package main

import (
	"context"
	"errors"
	"strings"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/internal/console"
)

// failure is a failure of the program's own.
type failure struct {
	what, hint text
	exit       int
}

func (f *failure) Error() string { return f.what.EN }

// advised is a failure of which the command knows better what to do than its kind says.
type advised struct {
	error
	hint text
}

func (a *advised) Unwrap() error { return a.error }

// looked adds to a failure how to look what became of the call, if nobody knows.
func looked(err error, look text) error {
	if err == nil || !edusdk.MaybeApplied(err) {
		return err
	}
	return &advised{err, text{"操作可能已经生效，请先查询，再决定是否重试：\n%s", "It may have been carried out. Look before you repeat it:\n%s"}.with(look)}
}

// problem is what is told of a failure; with -o json it is the member error of the
// object on stderr.
type problem struct {
	Command      string        `json:"command"`
	Message      string        `json:"message"`
	Hint         string        `json:"hint,omitempty"`
	Kind         edusdk.Kind   `json:"kind,omitempty"`
	MaybeApplied bool          `json:"maybeApplied"`
	Exit         int           `json:"exit"`
	Detail       *edusdk.Error `json:"detail,omitempty"`
}

// fail prints a failure and returns the code to exit with.
func (s *session) fail(ctx context.Context, err error) int {
	p := s.explain(ctx, err)
	if s.json {
		// One line, so that it can be told from what -v has printed before.
		_ = s.printJSON(s.stderr, map[string]problem{"error": p}, "")
		return p.Exit
	}
	name := "edusdk"
	if p.Command != "" {
		name += " " + p.Command
	}
	s.notes.Failf("%s%s%s", name, s.lang.Text("：", ": "), p.Message)
	if p.Hint != "" && s.notes.Terminal() {
		p.Hint = wrapped(p.Hint, s.notes.Width()-len("    ")-1)
	}
	for line := range strings.Lines(p.Hint) {
		s.notes.Printf("    %s", strings.TrimSuffix(line, "\n"))
	}
	return p.Exit
}

// explain says what was asked, what the vendor answered and what can be done.
func (s *session) explain(ctx context.Context, err error) problem {
	p := problem{Exit: exitFailure, Kind: edusdk.KindOf(err), MaybeApplied: edusdk.MaybeApplied(err)}
	if s.command != nil {
		p.Command = s.command.name
	}
	var own *failure
	var field *edusdk.FieldError
	what, hint := reasons[p.Kind].what, reasons[p.Kind].hint
	switch {
	case errors.As(err, &own):
		what, hint, p.Exit = own.what, own.hint, own.exit
	case errors.As(err, &field):
		what = text{"请求没有发出：%s", "nothing was sent: %s"}.with(strings.ReplaceAll(err.Error(), "\n", "; "))
		hint, p.Exit = text{"请改正后重试，用法见 edusdk help %s", "Correct it; edusdk help %s tells how."}.with(p.Command), exitUsage
	case errors.As(err, &p.Detail):
		what, hint = s.answer(p.Detail, what), s.advice(p.Detail, hint)
	case p.Kind == edusdk.ErrUnknown: // none of the SDK's
		what, hint = text{edusdk.OneLine(err.Error()), edusdk.OneLine(err.Error())}, text{}
	}
	if p.MaybeApplied && p.Detail != nil && p.Detail.Class == "upsert" {
		hint = text{"操作可能已经生效，可以放心重试。", "It may have been carried out; it is safe to repeat."}
	} else if p.MaybeApplied {
		p.Exit = exitMaybeApplied
		hint = text{"操作可能已经生效，请先确认，再决定是否重试。", "It may have been carried out: look before you repeat it."}
	}
	var better *advised
	if errors.As(err, &better) {
		hint = better.hint
	}
	if ctx.Err() != nil { // ctrl-C, whatever came of it
		p.Exit = exitInterrupted
	}
	p.Message, p.Hint = what.in(s.lang), hint.in(s.lang)
	return p
}

// answer says what the vendor answered.
func (s *session) answer(e *edusdk.Error, what text) text {
	var words []string
	for _, word := range []string{e.Code, e.Message} {
		if word != "" && (len(words) == 0 || words[0] != word) {
			words = append(words, edusdk.OneLine(word))
		}
	}
	var login *edusdk.Error // of a call that had to log in
	if len(words) == 0 && errors.As(e.Err, &login) {
		return s.answer(login, what)
	}
	name := text{e.Vendor, e.Vendor}
	if s.command != nil && s.command.vendor != nil {
		name = s.command.vendor.name
	}
	switch {
	case len(words) > 0:
		what = text{"%s（%s返回：%s）", "%s (%s answered: %s)"}.with(what, name, strings.Join(words, " "))
	case e.Err != nil && e.Kind != edusdk.ErrCanceled:
		what = text{"%s（%s：%s）", "%s (%s: %s)"}.with(what, name, edusdk.OneLine(e.Err.Error()))
	}
	if e.RequestID != "" {
		what = text{"%s，请求编号 %s", "%s, request id %s"}.with(what, edusdk.OneLine(e.RequestID))
	}
	return what
}

// advice says what can be done about a failure.
func (s *session) advice(e *edusdk.Error, hint text) text {
	switch {
	case e.Kind == edusdk.ErrUnauthenticated && s.command != nil && s.command.vendor != nil:
		var keys []string
		for _, setting := range s.command.vendor.settings {
			if !setting.optional {
				keys = append(keys, setting.key)
			}
		}
		list := strings.Join(keys, ", ")
		hint = text{
			"请核对 %s（来自%s）：是否属于同一个账号，是否完整、没有空格，是否已过期。",
			"Check %s (from %s): do they belong together, are they whole and without spaces, have they expired?",
		}.with(list, s.source)
		if e.Code == duobeiyun.CodeSign {
			hint = text{
				"签名错误。请核对 %s（来自%s）：合作 id 与密钥是否成对，是否完整、没有空格。\nedusdk sign 显示签名所用的字符串。",
				"The signature is wrong. Check %s (from %s): partner and key must belong\ntogether, whole and without spaces. edusdk sign shows what is signed.",
			}.with(list, s.source)
		}
	case e.RetryAfter > 0:
		hint = text{"请在 %s后重试。", "Try again in %s."}.with(
			text{console.Chinese.Duration(e.RetryAfter), console.English.Duration(e.RetryAfter)})
	}
	return hint
}

// reasons say what went wrong and what can be done, by kind.
var reasons = map[edusdk.Kind]struct{ what, hint text }{
	edusdk.ErrUnknown: {
		text{"失败，原因未知", "it failed, and this program does not know why"},
		text{"请把返回码和时间提供给平台客服。", "Give the code and the time to the platform's support."},
	},
	edusdk.ErrInvalidArgument: {
		text{"平台认为请求内容有误", "the platform does not accept the request"},
		text{"请检查参数。", "Check the arguments."},
	},
	edusdk.ErrUnauthenticated: {
		text{"身份校验未通过", "the credentials were not accepted"},
		text{"请核对账号和密钥。", "Check the account and its key."},
	},
	edusdk.ErrPermissionDenied: {
		text{"该账号没有此项权限", "the account may not do that"},
		text{"请联系平台商务，为账号开通该接口。", "Ask the platform to open this call to the account."},
	},
	edusdk.ErrNotFound: {
		text{"平台上没有找到", "the platform has no such thing"},
		text{"请核对 id：可能已被删除，或属于另一个账号。", "Check the id: it may have been deleted, or belong to another account."},
	},
	edusdk.ErrAlreadyExists: {
		text{"已经存在", "it exists already"},
		text{"无需重复操作。", "There is no need to do it again."},
	},
	edusdk.ErrFailedPrecondition: {
		text{"当前状态不允许该操作", "that is not possible in the present state"},
		text{"请稍后再试，例如等课件转换完成、教室开始之后。", "Try again later: when the document is converted, say, or the room has begun."},
	},
	edusdk.ErrResourceExhausted: {
		text{"余额、人数或调用次数已用尽", "a balance, a capacity or a number of calls is used up"},
		text{"请稍后再试；多贝云的余额可用 edusdk account 查看。", "Try again later; edusdk account shows the balance at Duobeiyun."},
	},
	edusdk.ErrClockSkew: {
		text{"平台不接受本机时间", "the platform does not accept this machine's time"},
		text{"请校准本机时钟，误差须在五分钟以内。", "Set this machine's clock: it may be off by five minutes."},
	},
	edusdk.ErrUnavailable: {
		text{"平台无法访问", "the platform cannot be reached"},
		text{"请检查网络和平台地址，稍后再试；-v 显示每次尝试。", "Check the network and the address, and try again later; -v shows the attempts."},
	},
	edusdk.ErrMalformedResponse: {
		text{"平台的应答无法识别", "the platform's answer cannot be understood"},
		text{"请检查平台地址是否正确；-v 显示应答的结构。", "Check the platform's address; -v shows the form of the answer."},
	},
	edusdk.ErrCanceled: {text{"已中断", "interrupted"}, text{}},
	edusdk.ErrDeadlineExceeded: {
		text{"平台没有及时应答", "the platform did not answer in time"},
		text{"请稍后再试，或用 -timeout 2m 延长等待。", "Try again later, or wait longer: -timeout 2m."},
	},
}
