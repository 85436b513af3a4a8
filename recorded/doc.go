// Package recorded is a client for the recorded courses of a course app
// (微同课APP): it reports which section a student goes on to, and returns where
// to begin that section and the progress in the one before it.
//
//	client, err := recorded.New(recorded.Config{BaseURL: "https://…"},
//		edusdk.WithHeader("token", token))
//	…
//	plan, err := client.RefreshPlan(ctx, nextSectionID, watchedSectionID)
//
// The vendor's document names no host, no way to authenticate and no error
// codes. So the address must be given, authentication goes through
// edusdk.WithHeader, and a failure is classified by its HTTP status alone: the
// code in an answer is kept verbatim in edusdk.Error.Code, and the error is of kind
// ErrUnknown if the status is 200.
//
// Package recordedtest beside this one is a fake of the vendor for tests.
package recorded
