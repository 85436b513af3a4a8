// Package study turns what a video player tells into the study time that the
// supervision platform is to get: a session that is started, checked at the
// moments that the class's rules set, reported every minute and ended, through
// reloads, outages of the platform, restarts of the process and more than one
// machine.
//
// 学习过程（学时）管理：开始学习、每分钟的学习进度上报、人脸识别与验证码检查、每日学习时长限制、结束学习。
// 页面刷新、进程重启、监管平台中断或换一台机器之后都能接着学，时长不多计也不漏计。
//
// # Open the sessions
//
//	sessions, err := study.Open(client, study.Config{Outbox: box})
//	go func() { err = sessions.Run(ctx) }()
//
// Beside them an outbox runs, which sends what they report. Both run once in each
// process.
//
// # A student's session
//
//	s, err := sessions.Start(ctx, study.Lesson{
//		Student: student, Class: class, Course: course, Resource: video, Length: length, Rules: study.RulesOf(c),
//	})
//	err = s.Watched(position) // the player's callback, as often as it likes
//	if check, due := s.Due(); due { … s.FaceCheck().Compare(ctx, photo) … }
//	err = s.End(ctx)
//
// # When something fails
//
// The methods of a [Session] return errors of kind edusdk.ErrFailedPrecondition when it
// has ended or was taken over by another page, device or process, and while the
// platform has not got its Start; a check of which no try is left is
// edusdk.ErrResourceExhausted. What could not be saved is tried again by Run. No error
// tells who studies.
//
// # Test your code
//
// Give [Config] a Clock, call [Sessions.Poll] in place of Run, and let a
// supervisiontest.Server be the platform: see the package's Example.
//
// # What counts
//
// What counts is the time in which the video plays on: as much as its position
// advances, and never more than the time that passes. A position told twice
// counts once, a jump does not count, neither forward nor back. Reports have whole seconds, a fraction goes into the
// next one. No more counts for a video than its length, in all sessions of a student
// together, and no more on a day (+08:00, whatever the machine's zone) than the class's limit; what
// was watched beyond midnight is divided. What is above a limit is not counted
// later either. A clock that is set does not matter: elapsed time is measured apart from it.
//
// A student has one session of a video. Another Start of it, on another device, by
// a page that was loaded anew or on another machine, goes on with it and takes it
// away from its user before, so that nobody's minute counts twice. Different
// videos at the same time are different sessions, which share the day's limit.
//
// # What is durable
//
// Reports and the states of sessions go into the outbox together, in one step:
// after a crash either a minute is in a report or it is still to be reported. Lost
// is what was watched since the last saving, at most Config.SaveEvery. Close
// loses nothing. When another machine takes over a session whose process still
// runs, what that one has not saved is lost too, and it can save nothing more:
// every state has a fence, and so has the student's total of the day, to which
// several machines may add. What they report never exceeds the limit.
//
// A session that nobody touches ends by itself after Config.Idle. Where its process
// is gone, the next Start of the student or Recover ends it.
//
// # Reports that may have arrived
//
// Sessions do not send: what becomes of a report whose answer was lost is the
// outbox's Policy, and the importer's choice: a minute late or missing (Park), or
// a minute that may be counted twice (Resend). SettleByRecords asks the platform
// instead, where its records say enough.
//
// # Checks
//
// When a student is checked follows from the rules (supervision.Class.CheckTimes)
// and counts in watched time, so that no jump leaves out a check. While one is
// due nothing counts. It is due until it is passed, after reloads and restarts
// too. The platform checks only students whose start it has got, so checks wait
// for the outbox to have sent that; while the platform is down, Config.WhileDown
// says whether students wait too. A check that is due when a session ends, is due
// when the next session of the video begins.
package study
