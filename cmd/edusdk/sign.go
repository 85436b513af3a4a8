package main

import (
	"context"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/edusdk/edusdk/duobeiyun"
)

func signCommands() []*command {
	return []*command{{
		name: "sign", args: "[NAME=VALUE...]", offline: true, about: text{"计算多贝云签名，与对方的比较", "work out Duobeiyun's signature, to compare it"},
		vendor: &vendor{duobeiyunVendor.name, duobeiyunVendor.settings[1:2]},
		notes: text{
			"参数可以是 NAME=VALUE（原文，不编码）；没有参数时，从标准输入读取一个请求：完整链接、查询串或表单（URL 编码）。其中的 sign 会与计算结果比较，不符时退出码为 1。请求的 sign 是五分钟内有效的密钥：从标准输入给出，不要写在命令行里。",
			"Parameters are NAME=VALUE, as they are, not encoded. Without any, a request is read from stdin: a whole link, a query or a form, encoded. Its sign is compared, and the exit code is 1 if it differs. A request's sign is a secret for five minutes: give it on stdin, not on the command line.",
		},
		examples: []string{"sign partner=20990101000001 timestamp=1772323200000 title='初二 数学'", "sign < request.txt"},
		setup:    plain(sign),
	}}
}

// sign is sign.
func sign(ctx context.Context, s *session, args []string) (*result, error) {
	values, err := s.parameters(ctx, args)
	if err != nil {
		return nil, err
	}
	credentials, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	signed := duobeiyun.StringToSign(values)
	signature := duobeiyun.Sign(values, credentials["DUOBEIYUN_APPKEY"])
	value := map[string]any{"stringToSign": signed + "<app key>", "sign": signature}
	r := &result{value: value, fields: []field{
		{text{"签名原文", "String to sign"}, text{signed + "<密钥>", signed + "<app key>"}},
		{text{"签名", "Signature"}, signature},
	}}
	if given := values.Get("sign"); given != "" {
		matches := given == signature
		value["matches"] = matches
		r.fields = append(r.fields, field{text{"与给出的 sign 一致", "Is the given sign"}, matches})
		if !matches {
			r.err = &failure{
				what: text{"给出的 sign 与计算结果不一致", "the given sign is another"},
				hint: text{
					"请核对密钥，以及对方签名的原文：按参数名排序，用值的原文（不编码），空值不参与。",
					"Compare the key, and what the other side signs: sorted by name, values as they\nare (not encoded), without empty ones.",
				}, exit: exitFailure,
			}
		}
	}
	for _, name := range []string{"partner", "timestamp"} {
		if values.Get(name) == "" {
			r.notes = append(r.notes, text{"缺少必需的参数 %s。", "The parameter %s is missing, which every request has."}.with(name))
		}
	}
	if ms, err := strconv.ParseInt(values.Get("timestamp"), 10, 64); err == nil {
		if age := time.Since(time.UnixMilli(ms)).Abs(); age > duobeiyun.SignatureLifetime {
			r.notes = append(r.notes, text{"timestamp 与现在相差超过五分钟，平台不再接受。", "The timestamp is more than five minutes off: the platform does not accept it."})
		}
	}
	return r, nil
}

// parameters reads the parameters of a request, from the command line or stdin.
func (s *session) parameters(ctx context.Context, args []string) (url.Values, error) {
	values := url.Values{}
	for _, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		if !ok || name == "" {
			return nil, s.command.misused(text{"参数应为 NAME=VALUE", "a parameter is NAME=VALUE"})
		}
		values.Add(name, value)
	}
	if len(args) > 0 {
		return values, nil
	}
	var request string
	if k := s.keyboard(); k != nil {
		typed, err := k.Ask(ctx, text{"请求（链接、查询串或表单）：", "Request (a link, a query or a form): "}.in(s.lang), false)
		if err != nil {
			return nil, err
		}
		request = typed
	} else {
		content, err := s.input(ctx)
		if err != nil {
			return nil, err
		}
		request = content
	}
	request = strings.TrimSpace(request)
	if strings.HasPrefix(request, "http://") || strings.HasPrefix(request, "https://") {
		_, request, _ = strings.Cut(request, "?")
		request, _, _ = strings.Cut(request, "#")
	}
	values, err := url.ParseQuery(request)
	if err != nil || len(values) == 0 {
		return nil, s.command.misused(text{"标准输入不是链接、查询串或表单", "stdin has no link, query or form"})
	}
	return values, nil
}
