package supervision

import "time"

// classRule is something that a class has to keep to.
type classRule struct {
	field   string // in Go
	wire    string // on the wire
	problem string
	broken  func(*Class) bool
}

const (
	maxStudyHours   = 24
	maxTriggerValue = 24 * 60 // the minutes of a day
)

// classRules are what the document says of a class's numbers, for a class that
// is pushed as for one that comes in.
var classRules = []classRule{
	{"VideoOnHook", "videoOnHook", "must be OnHookNone (0), OnHookCode (1) or OnHookFace (2)",
		func(c *Class) bool { return c.VideoOnHook < OnHookNone || c.VideoOnHook > OnHookFace }},
	{"TriggerType", "triggerType", "must be TriggerCount (0), TriggerInterval (1) or TriggerGrowing (2)",
		func(c *Class) bool { return c.TriggerType < TriggerCount || c.TriggerType > TriggerGrowing }},
	{"TriggerValue", "triggerValue", "must be at least 1 where students are checked, and at most 1440",
		func(c *Class) bool {
			return c.TriggerValue < 0 || c.TriggerValue > maxTriggerValue || c.VideoOnHook != OnHookNone && c.TriggerValue == 0
		}},
	{"StudyHourLimit", "studyHourLimit", "must be whole hours, from 0 to 24",
		func(c *Class) bool {
			return c.StudyHourLimit < 0 || c.StudyHourLimit > maxStudyHours*time.Hour || c.StudyHourLimit%time.Hour != 0
		}},
	{"FaceTimeLimit", "faceTimeLimit", "must not be negative", func(c *Class) bool { return c.FaceTimeLimit < 0 }},
	{"VideoPlayRecord", "videoPlayRecord", "must not be negative", func(c *Class) bool { return c.VideoPlayRecord < 0 }},
}
