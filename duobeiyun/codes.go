package duobeiyun

import (
	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/transport"
)

// The codes of failures, found in edusdk.Error.Code: those of the document's
// table (错误码解释表) with their numbers there, then those that the vendor
// answers although the table lacks them.
const (
	CodeOther               = "other_error"                      // 1
	CodeApp                 = "app_error"                        // 2
	CodeSign                = "app_sign_error"                   // 3
	CodeCourse              = "app_course_error"                 // 4
	CodeRoomFull            = "app_room_full_error"              // 5
	CodeParameter           = "app_parameter_error"              // 6
	CodeAfford              = "app_afford_error"                 // 7
	CodeCourseOutOfCapacity = "app_course_out_of_capacity_error" // 8
	CodeCourseLength        = "app_course_length_error"          // 9
	CodeCourseType          = "app_course_type_error"            // 10
	CodeRepeatArrange       = "repeat_arrange_to_course_error"   // 11
	CodeSlides              = "app_slides_error"                 // 12
	CodeUserRole            = "app_userRole_error"               // 13
	CodeTimestampOutOfDate  = "app_timestamp_out_date_error"     // 14
	CodeEndTimeOutOfDate    = "course_endtime_out_of_date_error" // 15
	CodeChatFileNotFound    = "chat_file_not_found"              // 16
	CodeCourseConvert       = "course_convert_error"             // 17

	CodeDocumentNotFound = "document_not_found"
	CodePartnerNotFound  = "partner is not exists"
	CodeRoomNotFound     = "room is not exists"
)

// codes holds what is known of each code: its kind, and the document's words.
var codes = map[string]struct {
	kind    edusdk.Kind
	message string
}{
	CodeOther:               {edusdk.ErrUnknown, "其他异常"},
	CodeApp:                 {edusdk.ErrUnauthenticated, "app 不存在"},
	CodeSign:                {edusdk.ErrUnauthenticated, "sign 值校验不对"},
	CodeCourse:              {edusdk.ErrNotFound, "讲座不存在"},
	CodeRoomFull:            {edusdk.ErrResourceExhausted, "直播房间满"},
	CodeParameter:           {edusdk.ErrInvalidArgument, "参数不符合要求"},
	CodeAfford:              {edusdk.ErrResourceExhausted, "资金不够创建邀请码"},
	CodeCourseOutOfCapacity: {edusdk.ErrResourceExhausted, "超过讲座的人数限制"},
	CodeCourseLength:        {edusdk.ErrInvalidArgument, "讲座时长不对"},
	CodeCourseType:          {edusdk.ErrInvalidArgument, "课程类型不对"},
	CodeRepeatArrange:       {edusdk.ErrAlreadyExists, "重复安排讲义到讲座"},
	CodeSlides:              {edusdk.ErrNotFound, "课件不存在"},
	CodeUserRole:            {edusdk.ErrInvalidArgument, "进教室角色错误"},
	CodeTimestampOutOfDate:  {edusdk.ErrClockSkew, "时间戳过期"},
	CodeEndTimeOutOfDate:    {edusdk.ErrFailedPrecondition, "课程结束时间小于当前时间"},
	CodeChatFileNotFound:    {edusdk.ErrNotFound, "聊天记录不存在"},
	CodeCourseConvert:       {edusdk.ErrFailedPrecondition, "课程还未转换成功,可能课程正在直播或正在转换"},
	CodeDocumentNotFound:    {edusdk.ErrNotFound, "文档不存在"},
	CodePartnerNotFound:     {edusdk.ErrUnauthenticated, "合作 id 不存在"},
	CodeRoomNotFound:        {edusdk.ErrNotFound, "房间不存在"},
}

// KindOfCode returns the kind of one of the vendor's codes, or ErrUnknown if the
// code is not known.
func KindOfCode(code string) edusdk.Kind { return codes[code].kind }

// rejection returns the failure that a code stands for.
func rejection(code string) *transport.Rejection {
	known, documented := codes[code]
	r := &transport.Rejection{
		Kind: known.kind, Code: code, Message: known.message, Documented: documented,
	}
	if code == CodeTimestampOutOfDate {
		r.Reason = transport.ClockRejected
	}
	return r
}
