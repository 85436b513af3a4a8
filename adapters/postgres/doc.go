// Package postgres keeps the outbox of package supervision/outbox in PostgreSQL
// (14 or newer), for services that run several processes.
//
// 学习记录发件箱的 PostgreSQL 存储，供多进程（多机）部署使用。
//
//	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
//	_, err = postgres.Migrate(ctx, pool, "") // or the command edusdk-outbox-migrate, or a tool of yours
//	store, err := postgres.Open(ctx, pool, postgres.Options{})
//	box, err := outbox.New(outbox.Config{Client: client, Store: store})
//
// Any number of processes can report and send at the same time. The reports of a
// lane go out one after the other whichever process reported and sends them: in
// the order in which they were stored. A lane is claimed under a lease; when the
// process that claimed it is gone, another one goes on once the lease has ended.
// The times of leases are the database server's, so that the clocks of the
// processes need not agree.
//
// # Lost connections
//
// A transaction that fails because the server restarts, a standby takes over, or a
// connection breaks is tried again for about two seconds, then its error is
// returned. When a connection breaks during a commit, it is found out afterwards
// whether that succeeded; lanes whose claim nobody was told of are given back, for
// nothing of them was sent.
//
// For a standby, name both servers in the URL, with target_session_attrs=read-write,
// and let the primary wait for the standby (synchronous_standby_names). Without the
// latter, what was stored last before a failover can be missing after it, although
// Append had returned.
//
// # Operation
//
// The tables hold personal data: what the reports tell, and lanes named after
// classes, students and resources. Sent reports leave a hash of their lane and key
// behind for Options.KeepKeys. Long transactions in the same database, such as
// dumps, keep rows that were deleted from being reused; the tables grow meanwhile.
package postgres
