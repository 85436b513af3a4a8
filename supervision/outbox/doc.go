// Package outbox keeps the reports about students that the supervision platform
// is to get, and sends them: durably, in order, and once where that can be had.
//
// 学习记录的可靠上报（发件箱）：先落盘，再按班级、学员、资源的顺序发送；监管平台中断时暂停，恢复后继续；
// 结果不明的上报按策略搁置或重发，不会悄悄丢失。
//
// # Open the outbox
//
//	store, err := outbox.OpenFile("reports.db", outbox.FileOptions{})
//	box, err := outbox.New(outbox.Config{Client: client, Store: store})
//	go func() { err = box.Run(ctx) }()
//
// # Report
//
//	err = box.Report(ctx, outbox.Report{Kind: outbox.KindProgress, …})
//
// Report returns when the report is durable, whether or not the platform is
// there. Run sends what the store holds, through one lane for each class, student
// and resource: the reports of a lane go out one after the other in the order in
// which they were reported, those of different lanes side by side. Login, token
// and timestamp are made when a report is sent.
//
// # What becomes of a report
//
// It is sent, and forgotten but for its key. Or the platform rejects it: then it
// holds its lane and is tried again, until it is older than Config.MaxAge, when it
// becomes a dead letter; at once if Config.Permanent says that waiting is in vain.
// Dead letters stay until Replay or Purge. Or no answer says whether it was
// counted, because the connection broke, a gateway answered, or this process was
// killed: such a report is open, and the platform, which adds minutes up, would
// count it twice if it were simply sent again. Config.Policy says what becomes of
// it, and Config.Settle may know better. Nothing is dropped in silence: a report is
// always in one of Waiting, Parked and DeadLetters, unless it was sent.
//
// While the platform is down nothing is sent. The outbox probes, by a login or by
// what Config.Probe reads, never by a report, and goes on when a probe succeeds.
//
// # When something fails
//
// After an error of Report it is open whether the reports were stored, except for
// ErrFull, ErrClosed and those of kind edusdk.ErrInvalidArgument: reporting them again
// is safe and changes nothing if they were. Stats says how much waits, is parked or
// dead, and since when the platform is down.
//
// # Test your code
//
// NewMemory is a store for tests, supervisiontest.NewServer a platform, and a negative
// Config.Gap lets reports follow one another at once.
//
// # Stores
//
// OpenFile keeps reports in a file on this machine, for one process; package
// adapters/postgres keeps them for several. Package outboxtest has the suite that any
// other Store has to pass.
package outbox
