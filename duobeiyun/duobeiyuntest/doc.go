// Package duobeiyuntest is a fake of Duobeiyun for the tests of services that
// use package duobeiyun: a vendor in the test's own process that keeps state,
// checks what it is sent, and answers in the vendor's words.
//
// 多贝云的模拟服务，供测试使用：校验签名、时间戳与参数，保存教室、课件等状态，按多贝云的错误码应答。
//
// # Make a client
//
//	srv := duobeiyuntest.NewServer()
//	defer srv.Close()
//	client, err := duobeiyun.New(srv.Config())
//
// What the client creates is there afterwards, and [Handler.Requests] returns what was
// sent.
//
// # What it checks
//
// It checks signatures, timestamps, and each endpoint's parameters more
// strictly than the vendor is known to: a parameter that the endpoint does not
// have is refused too, because the vendor ignores a misspelt one without a
// word. It shares no signing or encoding code with the client.
//
// # Let calls fail
//
// What goes wrong on the way to a vendor can be put in its place with
// [Handler.Intercept], a failure of the vendor's own with [Handler.FailNext], and an
// answer that is lost with [Handler.LoseNext]. Time passes by its clock alone
// ([Handler.SetClock]), so a conversion that takes a minute needs no waiting.
//
// # What it decides
//
// Where the vendor's document is silent, the fake decides: a lesson costs its
// unit price for every hour begun, a document is converted two seconds after
// its upload, and a room that has begun cannot be moved (app_parameter_error).
package duobeiyuntest
