// Package edusdk holds what all vendor clients of this module share: the error
// model, the options, the raw-answer capture, the token store, and the type for
// money. Each vendor's client is a package beside it; import the vendor's package,
// and this one for its options and errors.
//
// 教育服务接口的 Go SDK。本包是各客户端共用的部分：错误分类、重试、选项、登录令牌的共享、
// 金额（分）。多贝云见 duobeiyun，职业技能培训监管平台见 supervision（学习记录上报见 supervision/study
// 和 supervision/outbox），抖音课程库见 douyin，职教云见 zjy，微同课录播课见 recorded；各包都带有用于测试的
// 模拟服务（duobeiyuntest 等）。
//
// # Make a client
//
// A client is made once, for the life of the process, and is safe for concurrent use.
// New sends nothing. Its options are the With functions of this package:
//
//	client, err := duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey},
//		edusdk.WithTimeout(10*time.Second), edusdk.WithLogger(logger))
//
// # Call
//
// A method is a call, and its context bounds the whole of it, retries and waits
// included:
//
//	ctx, cancel := context.WithTimeout(ctx, time.Minute)
//	defer cancel()
//	room, err := client.Rooms.Get(ctx, roomID)
//
// [WithCallOptions] changes options for the calls under a context, and [WithCapture]
// keeps the vendor's own answer. Amounts of money are a [Fen], spans of time a
// time.Duration.
//
// # When a call fails
//
// Every failure of a call is an [*Error]. Its [Kind] says what went wrong in
// terms common to all vendors; its Code and Message are the vendor's own. An
// answer with HTTP status 200 that reports a failure is an error like any
// other. [MaybeApplied] reports whether the vendor may have carried the call out
// although it failed:
//
//	switch {
//	case errors.Is(err, edusdk.ErrNotFound):
//		// no such room
//	case edusdk.MaybeApplied(err):
//		// nobody knows whether it was carried out: look before repeating
//	}
//
// A service passes a failure on with [Describe], in Chinese or English, and
// [HTTPStatus].
//
// # Retries
//
// A call is repeated only when that cannot do harm: always when the request
// provably never left this machine, and after a lost answer only if repeating the
// call leaves the same state. A call that creates something is
// never sent a second time once it may have arrived. [WithRetry] says how often and
// how fast; there is nothing to do for a caller but to give the context a deadline.
//
// # Test your code
//
// Each vendor's package has a fake beside it, in the process of the test, which checks
// what it is sent and keeps what it is told:
//
//	fake := duobeiyuntest.NewServer()
//	defer fake.Close()
//	client, err := duobeiyun.New(fake.Config())
//
// [WithTransport] takes a RoundTripper of yours instead, and [WithClock] a clock.
//
// # Secrets
//
// No error, log line or observer event holds a credential, a signature, a
// query string, a body or a parameter's value.
package edusdk
