// Package duobeiyuntest is a fake of Duobeiyun for the tests of services that
// use package duobeiyun: a vendor in the test's own process that keeps state,
// checks what it is sent, and answers in the vendor's words.
//
//	srv := duobeiyuntest.NewServer()
//	defer srv.Close()
//	client, err := duobeiyun.New(srv.Config())
//
// It checks signatures, timestamps, and each endpoint's parameters more
// strictly than the vendor is known to: a parameter that the endpoint does not
// have is refused too, because the vendor ignores a misspelt one without a
// word. It shares no signing or encoding code with the client.
//
// Time passes by its clock alone (SetClock), so a conversion that takes a
// minute needs no waiting. What goes wrong on the way to a vendor can be put in
// its place with Intercept, and a failure of the vendor's own with FailNext.
//
// Where the vendor's document is silent, the fake decides: a lesson costs its
// unit price for every hour begun, a document is converted two seconds after
// its upload, and a room that has begun cannot be moved (app_parameter_error).
package duobeiyuntest
