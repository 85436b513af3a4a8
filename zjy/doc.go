// Package zjy is a client for the student's side of Zhijiaoyun (职教云, zjy2): the
// profile, the courses, a course's outline down to its cells, and the progress
// that is logged on a cell.
//
//	client, err := zjy.New(zjy.Config{Auth: cookie})
//	…
//	tree, err := client.Tree(ctx, courseOpenID, openClassID)
//
// It is a typed client and no more: one call is one request, except for Tree, which
// says what it fetches. It does not pace requests, solves no captcha, and has no
// loop that studies in a student's place.
//
// The document of the API was written in 2021 by users, not by the vendor, and the
// API may have been retired since. Fields that the document does not describe are
// passed on as they are.
//
// # Codes
//
// Failure codes are numbers, and the same code can mean something else as a string:
// see KindOfCode. Throttling also shows as HTTP 504 or an empty answer, which are
// errors of kind ErrUnavailable and ErrMalformedResponse.
//
// Package zjytest beside this one is a fake of the vendor for tests.
package zjy
