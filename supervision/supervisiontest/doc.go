// Package supervisiontest is a fake of the supervision platform for vocational
// online training (职业技能培训在线学习监管服务平台) for the tests of services that use
// package supervision: a regulator in the test's own process that keeps state,
// checks what it is sent, and answers in the envelopes of its document.
//
// 监管平台的模拟服务，供测试使用：校验请求头与字段，保存学习进度、课程包、班级等状态，也能像监管平台一样推送班级、
// 获取课程包。
//
// # Make a client
//
//	srv := supervisiontest.NewServer()
//	defer srv.Close()
//	client, err := supervision.New(srv.Config())
//
// # Call a receiver
//
// It is a caller too, as the regulator is: PushClass and PullCourses call the
// endpoints of a learning platform (1.12 and 1.14), so that a service can test
// its own receiver.
//
//	result, err := srv.PushClass(ctx, "http://127.0.0.1:8080", supervisiontest.SampleClass())
//
// # What it checks
//
// Every field that the document requires has to be there, not empty, and of the
// declared JSON type; a field that is not in the document is refused, because
// the vendor ignores a misspelt one without a word. Where the document's table
// and its sample disagree about a number, both forms are taken: in 1.12, 1.14,
// 2.2 and 2.4. In 1.13 numbers are strings, as in every sample. The fields that
// only a sample or only a table shows are optional, and so is
// studyPlatformApiUrl. What is not a POST of JSON of at most 8 MiB gets a page
// with an HTTP status, everything else the envelope. It shares no encoding code
// with the client.
//
// Time passes by its clock alone ([Handler.SetClock]): a timestamp may be five minutes
// off, a token is good for two hours, a bizCode for five minutes.
//
// # Let calls fail
//
// What goes wrong on the way to a vendor can be put in its place with
// [Handler.Intercept], a failure of the vendor's own with [Handler.FailNext], and
// tokens that have expired with [Handler.ExpireTokens].
//
// # What it decides
//
// The document publishes no returnCode but 0, so the constants Code… are the
// fake's own: a service must not compare real answers with them. Where the
// document is silent otherwise, the fake decides:
//
//   - Progress, and the end of a study, need a start of the same student, class,
//     course and resource; nothing else has to be known beforehand. A report adds
//     up to an hour, at a position of at most a day, which finds milliseconds
//     that were sent for seconds.
//   - A bizCode is good for one check, of the student, class and resource that it
//     was given for. A check that fails has used it up; one that is refused for
//     its fields or its picture has not.
//   - A course that is added again is replaced. One that is modified or deleted
//     must be there. An array is carried out whole or not at all.
//   - It serves pushClassInfo and thirdCoursePull as well, as if it were a
//     learning platform: students of a class that was pushed have accounts, and
//     courses that were pushed are pulled back.
//   - The studied time of 2.5 is the sum of the progressTimes that were reported.
//   - Reports may come at any pace, unless SetStrict wants that of the document.
//
// It remembers the last 10,000 of each kind of thing.
package supervisiontest
