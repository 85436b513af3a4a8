// Package zjy is a client for the student's side of Zhijiaoyun (职教云, zjy2): the
// profile, the courses, a course's outline down to its cells, and the progress
// that is logged on a cell.
//
// 职教云（zjy2）学生端接口的客户端：用户信息、全部课程、课程大纲（模块、章节、小节）、小节详细信息、文档与视频的
// 进度更新。只做一次调用一次请求的类型化封装，不代替学生学习。
//
// # Make a client
//
// The session is the cookie named auth that a student's login sets:
//
//	client, err := zjy.New(zjy.Config{Auth: cookie})
//
// # Call
//
//	list, err := client.Courses(ctx)
//	…
//	tree, err := client.Tree(ctx, courseOpenID, openClassID)
//
// It is a typed client and no more: one call is one request, except for Tree, which
// says what it fetches. It does not pace requests, solves no captcha, and has no
// loop that studies in a student's place. Seconds are plain numbers, as on the wire,
// with methods beside them that return a time.Duration ([CellDetail.VideoLength]).
//
// # When a call fails
//
// Failure codes are numbers, and the same code can mean something else as a string:
// see [KindOfCode]. Throttling also shows as HTTP 504 or an empty answer, which are
// errors of kind ErrUnavailable and ErrMalformedResponse. A cell that cannot be viewed
// while the progress on another is not saved is a [*PendingCellError], which errors.As
// finds.
//
// # Retries
//
// Reads are repeated. Progress that was logged is not, once it may have arrived:
// [Client.ViewCell] shows how far it is.
//
// # Test your code
//
// Package zjytest beside this one is a fake of the vendor: its Config makes a client of
// it.
//
// # The document
//
// The document of the API was written in 2021 by users, not by the vendor, and the
// API may have been retired since. Fields that the document does not describe are
// passed on as they are.
package zjy
