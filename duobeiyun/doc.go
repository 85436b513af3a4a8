// Package duobeiyun is a client for Duobeiyun (多贝云): live classrooms, their
// documents, recordings and statistics. It covers the vendor's whole API
// document; [Client.Call] reaches what the document leaves out.
//
// 多贝云接口的客户端：创建教室（房间）、修改时间、进入房间的链接、聊天记录（[RoomsService]），上传课件、
// 转换状态（[DocumentsService]），点播课（[VideosService]），微信直播（[WeixinLiveService]），直播与回放的
// 统计（[StatisticsService]），机构信息（[MerchantService]）。各方法的注释里有文档中的接口名。
//
// # Make a client
//
// Partner and AppKey are those of your account (合作 id, 签名密钥):
//
//	client, err := duobeiyun.New(duobeiyun.Config{Partner: partner, AppKey: appKey})
//
// # Call
//
//	room, err := client.Rooms.Create(ctx, &duobeiyun.CreateRoomRequest{
//		Title: "初二数学", Video: true, Type: duobeiyun.OneToMany,
//		StartTime: start, Length: 90 * time.Minute,
//	})
//	…
//	link, err := client.Rooms.EnterURL(&duobeiyun.EnterRequest{
//		RoomID: room.RoomID, UID: "student-7", Nickname: "李四", Role: duobeiyun.RoleStudent,
//	})
//
// The vendor works in UTC+8 and to the minute. Requests take a time.Time of any
// zone, whose seconds are not sent; answers hold a [Time] in UTC+8. Lengths and
// watch times are a time.Duration, whatever their unit on the wire. An answer can
// be stored as JSON and read back: it is written in the vendor's units.
//
// Lists have an iterator that reads their pages as they are needed
// ([RoomsService.All], [DocumentsService.All]).
//
// Several steps in one: [RoomsService.EnterHandler] lets users of your site in by a link that
// is signed on click, [RoomsService.AddDocument] uploads a document and attaches it once it
// is converted, and [StatisticsService.Attendance] adds up who was there.
//
// # When a call fails
//
// A failure is an *edusdk.Error with the vendor's code; the Code constants name
// the known codes (错误码解释表), and [KindOfCode] returns their kinds. What the vendor
// would refuse is refused before it is sent, naming the fields.
//
//	if errors.Is(err, edusdk.ErrNotFound) { … }
//
// # Retries
//
// Reads are repeated, and so are changes that leave the same state when they are made
// twice. What creates something is not, once it may have arrived: if its answer was
// lost (edusdk.MaybeApplied), [RoomsService.Created], [VideosService.Created],
// [DocumentsService.Uploaded] and [RoomsService.Attached] tell whether it was created.
//
// # Test your code
//
// Package duobeiyuntest beside this one is a fake of the vendor: its Config makes a
// client of it.
//
// # Signatures and links
//
// Every request is signed (生成sign规则) with the time of its attempt, and is valid for
// five minutes ([SignatureLifetime]). If the vendor rejects the time and its Date
// header shows that this machine's clock is wrong, the client corrects itself
// and repeats the request once; from then on, links use the corrected clock too. The
// links of [RoomsService.EnterURL] and [DocumentsService.PreviewURL] are such signed
// requests: whoever sees one can use it for five minutes. Over http, which the vendor
// prescribes for previews and chat logs, the network sees them.
package duobeiyun
