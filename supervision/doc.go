// Package supervision is for learning platforms that report to a province's
// supervision platform for vocational training (职业技能培训在线学习监管服务平台,
// access specification 接入规范), and for business systems that feed it. It covers
// both directions: [Client] calls the platform (1.1–1.11, 1.13 and part 2 of the
// document), and [Receiver] answers the platform's own calls to the learning
// platform (1.12 and 1.14).
//
// 监管平台接入规范的 Go 实现，双向：实名认证（[StudentsService]），开始与结束学习、学习进度数据上报、视频录制
// 提交（[StudyService]），人脸识别与弹框验证码（[ChecksService]），课程包推送（[CoursesService]），业务平台的
// 教师、课程、学员、班级与学习记录（[BusinessService]）；监管平台推送班级、获取课程包由 [Receiver] 应答。
// 一个学时的完整过程见 study 包，可靠上报见 outbox 包。
//
// # Make a client
//
// Address, account and password come from the province's platform:
//
//	client, err := supervision.New(supervision.Config{
//		BaseURL: "https://…", Account: account, Password: password,
//		Device: supervision.Device{Type: supervision.TypePC, ID: deviceID},
//	})
//
// Calls log in by themselves when they need to: once, however many run at the same
// time, and again about ten minutes before the token's two hours are over. With
// Config.TokenStore, several processes share one login. After the platform has
// rejected the credentials, all calls but Login fail for half a minute before the
// credentials are tried again.
//
// # Call
//
// Calls on behalf of a student have the student's device:
//
//	student := client.WithDevice(supervision.Device{Type: supervision.TypeH5, ID: phoneID})
//	err = student.Study.ReportProgress(ctx, &supervision.ProgressReport{…})
//
// Times are whole seconds, and a fraction is refused instead of dropped: carry it
// over to the next report. Package study counts minutes, checks and limits, and
// package outbox keeps reports until the platform has them.
//
// # When a call fails
//
// A failure is an *edusdk.Error with the platform's returnCode. The codes are not
// published, so its kind is edusdk.ErrUnknown, except for a rejected login and an
// expired token (edusdk.ErrUnauthenticated). A face that does not match is a
// result, not an error.
//
// The document names no code for an expired token: if your platform has one, set
// Config.TokenExpired, and such a failure leads to one new login and one repetition. No
// other failure does.
//
// # Retries
//
// Calls that create something, progress reports among them, are never repeated
// once they may have arrived: if edusdk.MaybeApplied(err) is true, it is not known
// whether the time was counted. Everything else is repeated where that does no harm.
//
// # Test your code
//
// Package supervisiontest beside this one is a fake of the platform, in both
// directions: its Config makes a client of it, and its PushClass and PullCourses call
// your Receiver.
//
// # Incoming calls
//
// [NewReceiver] makes an http.Handler for the platform's own calls. It reads UTF-8,
// and GBK, GB2312 or GB18030 if the request is labelled so; it refuses requests that
// violate the document, and checks what your functions return before it is sent.
// Bodies are bounded in size, time and memory, your functions in time and number.
// With ReceiverConfig.Replay, a class that is pushed again gets the same answer as
// before. [BuildCourse] completes a course package, and [NewCode] makes codes.
//
// # Personal data
//
// ID numbers, names, phone numbers, photo addresses and face images are sent to the
// platform and never appear in an error, log line or event, even if the platform
// echoes them.
package supervision
