package main

import (
	"context"
	"fmt"

	"github.com/edusdk/edusdk/douyin/douyintest"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/fakevendors"
	"github.com/edusdk/edusdk/recorded/recordedtest"
	"github.com/edusdk/edusdk/supervision/supervisiontest"
	"github.com/edusdk/edusdk/zjy/zjytest"
)

func fakeCommands() []*command {
	return []*command{{
		name: "fake", about: text{"在本机运行各平台的模拟服务", "run fakes of all platforms on this machine"},
		notes: text{
			"只监听回环地址；显示各平台的地址与凭证，之后每个请求一行，ctrl-C 结束。",
			"On a loopback address alone. It prints the platforms' addresses and credentials, then a line for each request, until ctrl-C.",
		},
		examples: []string{"fake", "fake -addr 127.0.0.1:8080 -strict", "fake -delay 2s"},
		setup: func(f *flags) action {
			address := f.string("addr", "127.0.0.1:0", text{"监听的`地址`，端口 0 为任意", "`address` to listen on; port 0 is any"})
			strict := f.bool("strict", text{"按平台的时间规则：教室开放时间、每分钟一次上报等", "keep to the platforms' times of rooms and reports"})
			delay := f.duration("delay", 0, text{"每个请求先等待的`时长`，模拟慢速平台", "how `long` each request waits, as with a slow platform"})
			return func(ctx context.Context, s *session, _ []string) (*result, error) {
				return nil, fakevendors.Serve(ctx, fakevendors.Config{
					Address: *address, Strict: *strict, Delay: *delay, JSON: s.json, Language: s.lang, Out: s.stdout,
					Footer: func(root string) string { return fmt.Sprintf(fakeSettings, root) },
				})
			}
		},
	}}
}

// fakeSettings are the credentials of the fakes, for another shell. They are no secrets.
var fakeSettings = `
For edusdk in another shell:
export DUOBEIYUN_PARTNER=` + duobeiyuntest.Partner + ` DUOBEIYUN_APPKEY=` + duobeiyuntest.AppKey + ` DUOBEIYUN_BASE_URL=%[1]s/duobeiyun
export SUPERVISION_ACCOUNT=` + supervisiontest.AccountName + ` SUPERVISION_PASSWORD=` + supervisiontest.Password + ` SUPERVISION_URL=%[1]s/supervision
export DOUYIN_APPID=` + douyintest.AppID + ` DOUYIN_SECRET=` + douyintest.Secret + ` DOUYIN_BASE_URL=%[1]s/douyin DOUYIN_TOKEN_URL=%[1]s/douyin/` + douyintest.MiniAppTokenPath + `
export ZJY_AUTH=` + zjytest.Auth + ` ZJY_BASE_URL=%[1]s/zjy
export RECORDED_TOKEN=` + recordedtest.Token + ` RECORDED_BASE_URL=%[1]s/recorded

`
