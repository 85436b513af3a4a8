// Package recorded is a client for the recorded courses of a course app
// (微同课APP): it reports which section a student goes on to, and returns where
// to begin that section and the progress in the one before it.
//
// 微同课 APP 录播课的客户端：录播课刷新已观看及观看新章节，返回新章节的视频信息、上次观看位置与上一章节的学习进度。
//
// # Make a client
//
// The vendor's document names no host and no way to authenticate. So the address must
// be given, and authentication goes through edusdk.WithHeader:
//
//	client, err := recorded.New(recorded.Config{BaseURL: "https://…"},
//		edusdk.WithHeader("token", token))
//
// # Call
//
//	plan, err := client.RefreshPlan(ctx, nextSectionID, watchedSectionID)
//
// Seconds and the price are plain, as on the wire, with methods beside them that
// return a time.Duration and an edusdk.Fen ([SectionInfo.VideoLength],
// [SectionInfo.PriceFen]).
//
// # When a call fails
//
// The document has no error codes. A failure is classified by its HTTP status alone:
// the code in an answer is kept verbatim in edusdk.Error.Code, and the error is of kind
// ErrUnknown if the status is 200.
//
// # Retries
//
// RefreshPlan reports no time, so that repeating it leaves the same state: it is
// repeated after a lost answer.
//
// # Test your code
//
// Package recordedtest beside this one is a fake of the vendor: its Config and Auth
// make a client of it.
package recorded
