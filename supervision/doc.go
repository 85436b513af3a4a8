// Package supervision is for learning platforms that report to a province's
// supervision platform for vocational training (职业技能培训在线学习监管服务平台,
// access specification 接入规范), and for business systems that feed it. It has
// both directions: [Client] calls the platform, parts 1.1–1.11, 1.13 and 2 of the
// document, and [Receiver] is the learning platform's side of 1.12 and 1.14, for
// the platform to call.
//
//	client, err := supervision.New(supervision.Config{
//		BaseURL: "https://…", Account: account, Password: password,
//		Device: supervision.Device{Type: supervision.TypePC, ID: deviceID},
//	})
//	…
//	student := client.WithDevice(supervision.Device{Type: supervision.TypeH5, ID: phoneID})
//	err = student.Study.ReportProgress(ctx, &supervision.ProgressReport{…})
//
// # Login
//
// Calls log in by themselves when they need to: once, however many run at a
// time, and again some ten minutes before the token's two hours are over. With
// Config.TokenStore, a fleet of processes shares one login. Credentials that the
// platform turned down fail all calls for half a minute before they are tried
// again. No code for an expired token is documented: if yours has one, say so in
// Config.TokenExpired, and such a failure leads to one new login and one
// repetition. No other failure does.
//
// # Reports
//
// Calls that create something, progress reports among them, are never repeated
// once they may have arrived: where edusdk.MaybeApplied(err) holds, whether the
// time was counted is not known. Times are whole seconds, and a fraction is
// refused instead of dropped: carry it over to the next report.
//
// # Failures
//
// A failure is an *edusdk.Error with the platform's returnCode. Which codes there
// are is published nowhere, so its kind is edusdk.ErrUnknown, but for a login
// that was turned down and an expired token (edusdk.ErrUnauthenticated). A face
// that does not match is a result, not an error.
//
// # Calls that come in
//
// [NewReceiver] makes an http.Handler for the platform's own calls. It reads UTF-8
// and what is labelled GBK, GB2312 or GB18030, refuses what does not keep to the
// document, and checks what your functions return before it goes out. Bodies are
// bounded in size, time and memory, functions in time and number.
// ReceiverConfig.Replay gives a class that is pushed again the answer that it got
// before. [BuildCourse] completes a course package, and [NewCode] makes codes.
//
// # Personal data
//
// ID numbers, names, phone numbers, photo addresses and face images are sent, and
// stand in no error, log line or event, not even where the platform echoes them.
//
// Package supervisiontest beside this one is a fake of the platform for tests, in
// both directions.
package supervision
