// Package zjy is a client for the student's side of Zhijiaoyun (职教云, zjy2): the
// profile, the courses, a course's outline down to its cells, and the progress
// that is logged on a cell.
//
//	client, err := zjy.New(zjy.Config{Auth: cookie})
//	…
//	tree, err := client.Tree(ctx, courseOpenID, openClassID)
//
// It is a typed client and no more: one call is one request (but for Tree, which
// says what it fetches). It does not pace, solves no captcha, and has no loop
// that studies in a student's place.
//
// The API was described in 2021, by its users and not by its vendor, and may
// have been retired since. What that description does not explain is passed on
// as it came.
//
// # Codes
//
// The vendor's failures are numbers that mean another thing when they come as a
// string: see KindOfCode. Throttling also shows as HTTP 504 and as an empty
// answer, which are of kinds ErrUnavailable and ErrMalformedResponse.
//
// Package zjytest beside this one is a fake of the vendor for tests.
package zjy
