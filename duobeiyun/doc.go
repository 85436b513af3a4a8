// Package duobeiyun is a client for Duobeiyun (多贝云): live classrooms, their
// documents, recordings and statistics. It covers the vendor's whole API
// document; [Client.Call] reaches what the document leaves out.
//
//	client, err := duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey})
//	…
//	room, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
//		Title: "初二数学", Video: true, Type: duobeiyun.OneToMany,
//		StartTime: start, Length: 90 * time.Minute,
//	})
//
// # Times
//
// The vendor works in UTC+8 and to the minute. Requests take a time.Time of any
// zone, whose seconds are not sent; answers hold a [Time] in UTC+8. Lengths and
// watch times are a time.Duration, whatever their unit on the wire. An answer can
// be stored as JSON and read back: it is written in the vendor's units.
//
// # Signatures and links
//
// Every request is signed with the time of its attempt, and is valid for five
// minutes ([SignatureLifetime]). If the vendor rejects the time and its Date
// header shows that this machine's clock is wrong, the client corrects itself
// and repeats the request once; from then on, links use the corrected clock too. The links of [RoomsService.EnterURL] and
// [DocumentsService.PreviewURL] are such signed requests: whoever sees one can
// use it for five minutes. Over http, which the vendor prescribes for previews
// and chat logs, the network sees them.
//
// # Failures
//
// A failure is an *edusdk.Error with the vendor's code; the Code constants name
// the known codes, and [KindOfCode] returns their kinds. If the answer to a call that
// creates something was lost, [RoomsService.Created], [VideosService.Created],
// [DocumentsService.Uploaded] and [RoomsService.Attached] tell whether it was created.
//
// Package duobeiyuntest beside this one is a fake of the vendor for tests.
package duobeiyun
