package main

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"

	"github.com/edusdk/edusdk"
)

// text is something that people read, in both languages.
type text struct{ zh, en string }

// say returns a text.
func say(lang edusdk.Language, key string, args ...any) string {
	t, ok := texts[key]
	if !ok {
		return key // a test finds those that are missing
	}
	s := t.en
	if lang == edusdk.Chinese {
		s = t.zh
	}
	if len(args) == 0 {
		return s
	}
	return fmt.Sprintf(s, args...)
}

const languageCookie = "classroom_lang"

// language returns the language of a page: the one that was chosen, or else that of
// -lang, or else the one that the browser prefers.
func (s *site) language(r *http.Request) edusdk.Language {
	if c, err := r.Cookie(languageCookie); err == nil {
		if lang := edusdk.Language(c.Value); lang == edusdk.Chinese || lang == edusdk.English {
			return lang
		}
	}
	if s.lang != "" {
		return edusdk.Language(s.lang)
	}
	return preferred(r.Header.Get("Accept-Language"))
}

// preferred returns the language that an Accept-Language header prefers.
func preferred(header string) edusdk.Language {
	best, lang := 0.0, edusdk.English
	for part := range strings.SplitSeq(header, ",") {
		tag, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if text, ok := strings.CutPrefix(strings.TrimSpace(quality), "q="); ok {
			q, _ = strconv.ParseFloat(text, 64)
		}
		base, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if (base == "zh" || base == "en") && q > best {
			best, lang = q, edusdk.Language(base)
		}
	}
	return lang
}

// terminalLanguage returns the language of the environment.
func terminalLanguage() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if strings.HasPrefix(strings.ToLower(value), "zh") {
				return string(edusdk.Chinese)
			}
			break
		}
	}
	return string(edusdk.English)
}

// texts are all texts of the pages, by key.
var texts = map[string]text{
	"site.name":     {"云课堂", "Classroom"},
	"site.skip":     {"跳到主要内容", "Skip to the content"},
	"site.nav":      {"主导航", "Main"},
	"site.rooms":    {"教室", "Rooms"},
	"site.study":    {"学时", "Study hours"},
	"site.demo":     {"演示", "Demo"},
	"site.lang":     {"English", "中文"},
	"site.zone":     {"所有时间均为北京时间（UTC+8）。", "All times are Beijing time (UTC+8)."},
	"site.fake":     {"演示站点：教室与监管平台均为本机模拟，人物均为虚构。", "A demonstration: classrooms and supervision platform are fakes on this machine, and all people are made up."},
	"site.real":     {"教室来自真实账号；监管平台为本机模拟。", "The rooms are those of a real account; the supervision platform is a fake on this machine."},
	"site.pending":  {"正在处理，请稍候……", "Working on it…"},
	"form.failed":   {"请修改：", "Please correct:"},
	"form.wrong":    {"有 %d 处需要修改", "Please correct: %d"},
	"form.cancel":   {"取消", "Cancel"},
	"form.required": {"（必填）", "(required)"},

	"error.title":        {"操作没有成功", "That did not work"},
	"error.notfound":     {"没有找到", "Not found"},
	"error.away":         {"平台暂时无法访问", "The platform cannot be reached"},
	"error.nopage.title": {"页面不存在", "There is no such page"},
	"error.nopage.text":  {"链接可能有误，或者内容已被删除。", "The address may be wrong, or what was there has been deleted."},
	"error.nobody.title": {"不能进入教室", "You cannot enter"},
	"error.nobody.text":  {"没有找到这位用户。请返回教室详情，重新选择身份。", "Nobody of that name is known. Go back to the room and choose who you are."},
	"error.forged.title": {"页面已过期", "This page has expired"},
	"error.forged.text":  {"为了安全，这次提交没有被处理。请返回上一页，刷新后重新提交。", "For safety, nothing was done with what you submitted. Go back, reload the page and submit it again."},
	"error.retry":        {"重试", "Try again"},
	"error.back":         {"返回教室列表", "Back to the rooms"},
	"error.unsure":       {"操作可能已经生效。请先到列表中确认，再决定是否重试。", "It may have taken effect. Look at the list before you try again."},
	"error.code":         {"错误代码：", "Error code:"},

	"rooms.title":        {"教室", "Rooms"},
	"rooms.new":          {"新建教室", "New room"},
	"rooms.search":       {"搜索教室", "Search rooms"},
	"rooms.search.hint":  {"按标题搜索", "Search by title"},
	"rooms.search.do":    {"搜索", "Search"},
	"rooms.count":        {"共 %d 间教室", "Rooms: %d"},
	"rooms.found":        {"找到 %d 间标题含“%s”的教室", "Rooms whose title contains \"%[2]s\": %[1]d"},
	"rooms.empty":        {"还没有教室", "No rooms yet"},
	"rooms.empty.text":   {"新建一间教室，上传课件，再把进入链接发给老师和学生。", "Create a room, add documents to it, and let teacher and students in."},
	"rooms.nothing":      {"没有找到相关教室", "No rooms found"},
	"rooms.nothing.text": {"换个关键词试试，或查看全部教室。", "Try other words, or look at all rooms."},
	"rooms.all":          {"查看全部教室", "All rooms"},
	"rooms.pages":        {"分页", "Pages"},
	"rooms.page":         {"第 %d 页", "Page %d"},

	"state.upcoming": {"未开始", "Upcoming"},
	"state.open":     {"上课中", "Live now"},
	"state.ended":    {"已结束", "Ended"},

	"recording.ready":      {"回放可看", "Recording ready"},
	"recording.converting": {"回放转换中", "Converting"},
	"recording.failed":     {"回放转换失败", "Recording failed"},
	"recording.empty":      {"没有录像", "Nothing was recorded"},
	"recording.expired":    {"回放已过期", "Recording expired"},

	"type.one":   {"一对一", "One to one"},
	"type.many":  {"一对多", "One to many"},
	"type.small": {"小班课", "Small class"},

	"new.title":           {"新建教室", "New room"},
	"new.intro":           {"创建后即可上传课件；费用按时长从账户余额中扣除。", "Documents can be added afterwards. The length is charged to the account's balance."},
	"new.name":            {"标题", "Title"},
	"new.name.hint":       {"学生会看到它，例如：初二数学：一次函数", "Students see it, for example: Year 8 maths, linear functions"},
	"new.start":           {"开始时间", "Start"},
	"new.start.hint":      {"北京时间", "Beijing time"},
	"new.length":          {"时长", "Length"},
	"new.minutes":         {"%d 分钟", "%d minutes"},
	"new.type":            {"类型", "Type"},
	"new.video":           {"开启视频", "With video"},
	"new.create":          {"创建教室", "Create the room"},
	"new.creating":        {"正在创建……", "Creating…"},
	"new.wrong.Title":     {"请填写标题，首尾不要有空格。", "Enter a title, without spaces at its ends."},
	"new.wrong.StartTime": {"请选择开始时间。", "Choose when it starts."},
	"new.wrong.Length":    {"时长为 30 至 300 分钟。", "The length must be 30 to 300 minutes."},
	"new.wrong.Type":      {"请选择教室类型。", "Choose the type of room."},
	"new.wrong.StartTime." + "course_endtime_out_of_date_error": {"下课时间已过，请选择更晚的开始时间。", "The lesson would be over already: choose a later start."},
	"new.wrong.Length." + "app_course_length_error":             {"平台不接受这个时长，请换一个。", "The platform does not accept this length: choose another."},
	"new.wrong.Type." + "app_course_type_error":                 {"您的账号未开通这种教室，请换一种。", "The platform does not accept this type of room: choose another."},

	"unsure.title":   {"教室可能已经创建", "The room may have been created"},
	"unsure.text":    {"已把“%s”发给平台，但没有收到答复。为避免重复创建，系统没有重发。请先查一下它是否已经存在。", "\"%s\" was sent to the platform, but no answer came. It was not sent again, so that there are not two of it. Look first whether it is there."},
	"unsure.look":    {"查看是否已创建", "Look whether it is there"},
	"unsure.created": {"教室已创建", "The room was created"},
	"unsure.found":   {"平台上已有这间教室，无需重新创建。", "The platform has it. There is no need to create it again."},
	"unsure.open":    {"打开教室", "Open the room"},
	"unsure.missing": {"平台上没有这间教室。请求可能还在路上，请过几秒再查一次；确认没有后可以重新创建。", "The platform does not have it. The request may still be on its way: look again in a few seconds, and create the room again if it is still missing."},
	"unsure.several": {"平台上有几间相同的教室，请到列表中核对。", "The platform has several rooms like it: see the list."},
	"unsure.again":   {"重新创建", "Create it again"},
	"unsure.list":    {"到列表中查看", "See the list"},

	"room.created":       {"教室已创建。现在可以上传课件。", "The room was created. Documents can be added now."},
	"room.time":          {"上课时间", "Lesson"},
	"room.type":          {"类型", "Type"},
	"room.video":         {"视频", "Video"},
	"room.video.on":      {"开启", "On"},
	"room.video.off":     {"关闭", "Off"},
	"room.recording":     {"回放", "Recording"},
	"room.recording.not": {"下课后生成", "Made after the lesson"},
	"room.id":            {"教室编号", "Room ID"},
	"room.enter":         {"进入教室", "Enter"},
	"room.enter.text":    {"点击时才签名，链接 5 分钟内有效，请不要转发。", "The link is signed on click and works for five minutes; do not pass it on."},
	"room.enter.teacher": {"以老师身份进入", "Enter as teacher"},
	"room.enter.student": {"以学生身份进入", "Enter as student"},
	"room.enter.who":     {"学生", "Student"},
	"room.attendance":    {"考勤与回放统计", "Attendance and recording"},
	"room.delete":        {"删除教室", "Delete the room"},
	"room.back":          {"全部教室", "All rooms"},

	"docs.title":         {"课件", "Documents"},
	"docs.empty":         {"还没有课件。上传后会自动转换并添加到教室。", "No documents yet. What you upload is converted and added to the room."},
	"docs.pages":         {"%d 页", "Pages: %d"},
	"docs.state.done":    {"已就绪", "Ready"},
	"docs.state.busy":    {"转换中", "Being converted"},
	"docs.state.failed":  {"转换失败", "Conversion failed"},
	"docs.detach":        {"移除", "Remove"},
	"docs.detach.of":     {"从教室移除《%s》", "Remove %s from the room"},
	"docs.upload":        {"上传课件", "Upload a document"},
	"docs.upload.hint":   {"Word、PowerPoint、PDF、JPG 或 PNG，不超过 20 MB。", "Word, PowerPoint, PDF, JPG or PNG, at most 20 MB."},
	"docs.choose":        {"选择文件", "Choose a file"},
	"docs.chosen.none":   {"未选择文件", "No file chosen"},
	"docs.upload.do":     {"上传", "Upload"},
	"docs.attach":        {"添加已上传的课件", "Add a document that was uploaded before"},
	"docs.attach.choose": {"课件", "Document"},
	"docs.attach.do":     {"添加到教室", "Add to the room"},
	"docs.progress":      {"《%s》的进度", "Progress of %s"},
	"docs.jobs":          {"上传进度", "Uploads"},
	"docs.refresh":       {"刷新查看进度", "Refresh to see how far it is"},

	"job.receiving":     {"正在接收：%s", "Receiving: %s"},
	"job.uploading":     {"正在上传到平台：%s / %s", "Uploading to the platform: %s of %s"},
	"job.converting":    {"已上传，平台正在转换……", "Uploaded. The platform is converting it…"},
	"job.attaching":     {"转换完成，正在添加到教室……", "Converted. Adding it to the room…"},
	"job.done":          {"已添加到教室", "Added to the room"},
	"job.failed":        {"没有成功。", "That did not work."},
	"job.left":          {"文件还没有传完，页面就离开了。请重新选择文件上传。", "The page was left before the whole file had arrived. Choose the file again."},
	"job.unreachable":   {"与本站的连接中断了。请重新选择文件上传。", "The connection to this site broke off. Choose the file again."},
	"upload.none.text":  {"请选择一个不为空的文件。", "Choose a file that is not empty."},
	"upload.kind.text":  {"平台只接受 Word、PowerPoint、PDF、JPG 和 PNG 文件。请转换成其中一种再上传。", "The platform takes Word, PowerPoint, PDF, JPG and PNG files. Convert the file to one of these."},
	"upload.size.text":  {"平台接受的文件不超过 20 MB。请压缩图片或拆成几个文件再上传。", "The platform takes files of at most 20 MB. Compress its pictures, or split it."},
	"upload.none.title": {"没有选择文件", "No file"},
	"upload.kind.title": {"不支持的文件类型", "This kind of file is not supported"},
	"upload.size.title": {"文件太大", "The file is too large"},

	"delete.title": {"删除教室", "Delete the room"},
	"delete.text":  {"删除后无法恢复，课件会保留在账户中，回放与统计将不能再查看。", "This cannot be undone. Documents stay in the account; the recording and the statistics are gone."},
	"delete.do":    {"确认删除", "Delete it"},
	"delete.doing": {"正在删除……", "Deleting…"},

	"class.as.teacher":        {"%s（老师）", "%s (teacher)"},
	"class.as.student":        {"%s（学生）", "%s (student)"},
	"class.frame":             {"教室：%s", "Classroom: %s"},
	"class.back":              {"返回教室详情", "Back to the room"},
	"class.hint":              {"链接在点击时签名，%d 分钟内有效。如果画面提示链接失效，请重新进入。", "The link was signed when you came here and works for %d minutes. If the frame says that it has expired, enter again."},
	"class.again":             {"重新进入", "Enter again"},
	"class.retry":             {"重新签名并进入", "Sign a new link and enter"},
	"class.old":               {"链接已超过有效期。如果画面停住或提示失效，请重新进入。", "The link has expired. If the picture stands still or says so, enter again."},
	"class.closed":            {"现在不能进入教室", "The room cannot be entered now"},
	"class.closed.upcoming":   {"课程还没有开始，请在上课时间进入。", "The lesson has not begun. Come back when it does."},
	"class.closed.converting": {"课程已结束，回放正在转换，请稍后再来。", "The lesson is over, and its recording is being converted. Come back later."},
	"class.closed.failed":     {"课程已结束，回放转换失败，无法观看。请联系客服。", "The lesson is over, and its recording could not be converted. Contact support."},
	"class.closed.empty":      {"课程已结束，没有录像。", "The lesson is over, and nothing was recorded."},
	"class.closed.expired":    {"回放已过有效期，不能再观看。", "The time in which the recording could be watched is over."},

	"attendance.title":       {"考勤", "Attendance"},
	"attendance.file":        {"考勤.csv", "attendance.csv"},
	"attendance.csv":         {"下载 CSV 表格", "Download as CSV"},
	"attendance.csv.hint":    {"可用 Excel 或 WPS 直接打开", "Opens in Excel and WPS"},
	"attendance.came":        {"到课", "Attended"},
	"attendance.came.of":     {"%d / %d 人", "%d of %d"},
	"attendance.most":        {"最多同时在线", "Most at the same time"},
	"attendance.people":      {"%d 人", "%d"},
	"attendance.average":     {"平均在线", "Present on average"},
	"attendance.byone":       {"每人在线时长", "How long each student was present"},
	"attendance.minutes":     {"在线分钟", "Minutes present"},
	"attendance.overtime":    {"在线人数变化", "Students over time"},
	"attendance.students":    {"在线人数", "Students"},
	"attendance.name":        {"学生", "Student"},
	"attendance.first":       {"首次进入", "First seen"},
	"attendance.last":        {"最后离开", "Last seen"},
	"attendance.present":     {"在线时长", "Present"},
	"attendance.stays":       {"进入次数", "Stays"},
	"attendance.device":      {"设备", "Device"},
	"attendance.playback":    {"看过的回放", "Seen of the recording"},
	"attendance.absent":      {"缺席", "Absent"},
	"attendance.time":        {"时间", "Time"},
	"attendance.chart":       {"柱状图：%s。数据见下方表格。", "Bar chart: %s. The table below has the numbers."},
	"attendance.line":        {"折线图：%s。数据见下方表格。", "Line chart: %s. The table below has the numbers."},
	"attendance.table":       {"考勤明细", "Attendance in detail"},
	"attendance.numbers":     {"查看数据", "Show the numbers"},
	"attendance.recording":   {"回放", "Recording"},
	"attendance.byday":       {"每日回放", "The recording by day"},
	"attendance.day":         {"日期", "Day"},
	"attendance.views":       {"观看次数", "Views"},
	"attendance.length":      {"观看总时长", "Watched in all"},
	"attendance.noviews":     {"最近一周没有人观看回放。", "Nobody has watched the recording within the last week."},
	"attendance.nobody":      {"还没有人进入过这间教室", "Nobody has been in this room yet"},
	"attendance.nobody.text": {"有学生上课后，这里会显示每个人的在线时长。", "Once students have been there, this page shows for how long."},

	"device.none":   {"—", "—"},
	"device.both":   {"电脑、手机", "PC, phone"},
	"device.pc":     {"电脑", "PC"},
	"device.mobile": {"手机", "Phone"},

	"study.title":     {"学时", "Study hours"},
	"study.intro":     {"选择一名学员和一个视频，左边是学员的播放页面，右边是监管平台收到的记录。", "Choose a student and a video. One side is the student's player, the other what the supervision platform has on record."},
	"study.course":    {"家政服务员 · 第一章", "Domestic service, chapter 1"},
	"study.accepted":  {"平台已计：%s", "On record: %s"},
	"study.video-1":   {"职业道德与安全", "Professional conduct and safety"},
	"study.video-1.1": {"一、诚实守信，尊重雇主隐私", "1. Honesty, and respect for privacy"},
	"study.video-1.2": {"二、用电、用气安全", "2. Safety with electricity and gas"},
	"study.video-1.3": {"三、火灾与烫伤的应急处理", "3. Fire and burns: what to do first"},
	"study.video-1.4": {"四、小结与练习", "4. Summary and exercises"},
	"study.video-2":   {"居家清洁", "Cleaning a home"},
	"study.video-2.1": {"一、清洁剂的种类与用途", "1. Cleaning agents and their uses"},
	"study.video-2.2": {"二、厨房清洁步骤", "2. The kitchen, step by step"},
	"study.video-2.3": {"三、卫生间消毒", "3. Disinfecting the bathroom"},
	"study.video-2.4": {"四、小结与练习", "4. Summary and exercises"},
	"study.back":      {"全部学员", "All students"},
	"study.learner":   {"学员页面", "The student's page"},
	"study.play":      {"播放", "Play"},
	"study.pause":     {"暂停", "Pause"},
	"study.end":       {"结束学习", "End the session"},
	"study.position":  {"播放位置", "Position"},
	"study.videos":    {"视频", "Videos"},
	"study.speed":     {"为便于演示，播放时时钟加快到 %d 倍。", "For the demonstration, the clock runs %d times as fast while the video plays."},
	"study.watched":   {"已学", "Watched"},
	"study.reported":  {"已记入上报", "In reports"},
	"study.left":      {"今日还可学", "Left today"},
	"study.limit":     {"每日上限 %s", "Limit: %s a day"},
	"study.noscript":  {"播放器需要 JavaScript。", "The player needs JavaScript."},

	"study.phase.ready": {"点击“播放”开始学习。", "Press Play to begin."},
	"study.phase.open":  {"正在学习，每满一分钟上报一次。", "Studying. Each full minute is reported."},
	"study.phase.check": {"需要人脸核验，通过后继续计时。", "A face check is due. Nothing counts until it is passed."},
	"study.phase.limit": {"今天的学习时长已达上限，继续观看不再计时。", "The day's limit is reached: what is watched now does not count."},
	"study.phase.ended": {"本次学习已结束，记录已上报。", "The session has ended, and its record is reported."},
	"study.phase.away":  {"已在另一个页面继续学习，本页不再计时。", "Another page has taken this session over. Nothing counts on this one."},
	"study.phase.tries": {"人脸核验次数已用完，请结束后重新开始学习。", "No try of the face check is left. End the session and begin anew."},
	"study.trouble":     {"监管平台没有应答，进度已保存，可以稍后继续。", "The supervision platform does not answer. What was studied is kept; go on later."},
	"study.paused":      {"已暂停。", "Paused."},
	"study.resume":      {"在本页继续", "Go on here"},
	"study.again":       {"重新开始", "Begin again"},

	"face.title":  {"人脸核验", "Face check"},
	"face.text":   {"学到一半时，平台要求确认是本人在学习。通过之前不计时。", "Half way through, the platform wants to know that it is you who studies. Nothing counts until then."},
	"face.camera": {"摄像头画面（模拟绘图，并非真人）", "What the camera sees (a drawing, not a real person)"},
	"face.self":   {"拍照核验", "Take the picture"},
	"face.other":  {"换别人试试", "Try with somebody else"},
	"face.tries":  {"还可尝试 %s 次", "Tries left: %s"},
	"face.early":  {"平台还没有收到开始学习的记录，请过几秒再试。", "The platform has not got the start of the session yet. Try again in a few seconds."},
	"face.passed": {"核验通过，继续播放。", "Passed. The video goes on."},
	"face.failed": {"不是本人，没有通过。", "That is somebody else: not passed."},

	"regulator.title":       {"监管平台", "Supervision platform"},
	"regulator.here":        {"正常", "Reachable"},
	"regulator.away":        {"中断", "Away"},
	"regulator.cut":         {"模拟平台中断", "Take the platform away"},
	"regulator.restore":     {"恢复平台", "Bring the platform back"},
	"regulator.accepted":    {"平台已计时长", "On record"},
	"regulator.reports":     {"收到的进度上报", "Progress reports"},
	"regulator.state":       {"学习状态", "State"},
	"regulator.studying":    {"学习中", "Studying"},
	"regulator.notstudying": {"未在学习", "Not studying"},
	"regulator.chart":       {"已学与平台已计", "Watched and on record"},
	"regulator.chart.text":  {"折线图：随时间变化的已学分钟与平台已计分钟。最新数值见上方。", "Line chart: minutes watched and minutes on record over time. The latest values stand above."},
	"regulator.chart.x":     {"学习经过的分钟", "Minutes since the start"},
	"regulator.chart.y":     {"分钟", "Minutes"},
	"regulator.records":     {"收到的记录", "What arrived"},
	"regulator.norecords":   {"还没有收到记录。", "Nothing has arrived yet."},
	"regulator.time":        {"时间", "Time"},
	"regulator.what":        {"内容", "What"},
	"regulator.amount":      {"时长", "Length"},
	"regulator.result":      {"结果", "Result"},

	"outbox.title":   {"发件箱（本站）", "Outbox (of this site)"},
	"outbox.empty":   {"没有待发送的记录，平台已收到全部。", "Nothing waits: the platform has everything."},
	"outbox.waiting": {"%d 条记录等待发送，共 %s。已落盘，不会丢失。", "Reports waiting: %d, with %s of study. They are on disk; nothing is lost."},

	"outbox.others": {"%d 条记录等待发送。已落盘，不会丢失。", "Reports waiting: %d. They are on disk; nothing is lost."},

	"record.start":    {"开始学习", "Start"},
	"record.progress": {"学习进度", "Progress"},
	"record.end":      {"结束学习", "End"},
	"record.face":     {"人脸核验", "Face check"},
	"record.accepted": {"已接收", "Accepted"},
	"record.passed":   {"通过", "Passed"},
	"record.failed":   {"未通过", "Not passed"},
	"record.refused":  {"已拒绝", "Refused"},

	"demo.title":          {"演示控制", "Demo controls"},
	"demo.intro":          {"在这里让平台变慢、中断或丢失答复，看看站点如何应对。", "Make the platforms slow, take them away, or lose an answer, and see what the site makes of it."},
	"demo.vendor":         {"多贝云", "Duobeiyun"},
	"demo.vendor.text":    {"教室与课件所在的平台。中断时页面会说明原因和该做什么。", "The platform of rooms and documents. While it is away, pages say so, and what to do."},
	"demo.vendor.cut":     {"中断多贝云", "Take Duobeiyun away"},
	"demo.vendor.back":    {"恢复多贝云", "Bring Duobeiyun back"},
	"demo.slow":           {"应答速度", "Speed of answers"},
	"demo.slow.text":      {"让每次应答慢 2 秒。页面会显示等待状态，不会重复提交。", "Let each answer take two seconds. Pages show that they wait, and submit nothing twice."},
	"demo.slow.on":        {"变慢（2 秒）", "Slow (2 s)"},
	"demo.slow.off":       {"恢复速度", "Fast again"},
	"demo.lose":           {"丢失答复", "A lost answer"},
	"demo.lose.text":      {"下一次新建教室会成功，但答复会丢失。", "The next room is created, but the answer to that is lost."},
	"demo.lose.do":        {"丢失下一次答复", "Lose the next answer"},
	"demo.lose.done":      {"已设置：下一次新建教室的答复会丢失。", "Set: the answer to the next room is lost."},
	"demo.regulator":      {"监管平台", "Supervision platform"},
	"demo.regulator.text": {"中断时学习记录在发件箱里等待，恢复后自动补报。", "While it is away, reports wait in the outbox, and are sent once it is back."},
	"demo.normal":         {"正常", "Normal"},
	"demo.is.away":        {"已中断", "Away"},
	"demo.is.slow":        {"较慢", "Slow"},
}
