package supervision

import (
	"testing"

	"github.com/edusdk/edusdk/internal/enum/enumtest"
)

func TestEnumsPrintTheirNames(t *testing.T) {
	enumtest.Run(t, false,
		enumtest.Of(map[string]CourseStatus{
			"CourseAdded":   CourseAdded,
			"CourseDeleted": CourseDeleted,
			"CourseChanged": CourseChanged,
		}),
		enumtest.Of(map[string]CompareResult{
			"FaceMatched":  FaceMatched,
			"FaceMismatch": FaceMismatch,
		}),
		enumtest.Of(map[string]OnHookMode{
			"OnHookNone": OnHookNone,
			"OnHookCode": OnHookCode,
			"OnHookFace": OnHookFace,
		}),
		enumtest.Of(map[string]TriggerType{
			"TriggerCount":    TriggerCount,
			"TriggerInterval": TriggerInterval,
			"TriggerGrowing":  TriggerGrowing,
		}),
		enumtest.Of(map[string]FitMode{"FitEither": FitEither, "FitLandscape": FitLandscape}),
	)
}
