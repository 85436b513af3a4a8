package duobeiyun

import (
	"testing"

	"github.com/edusdk/edusdk/internal/enum/enumtest"
)

func TestEnumsPrintTheirNames(t *testing.T) {
	enumtest.Run(t, true,
		enumtest.Of(map[string]Role{
			"RoleTeacher":   RoleTeacher,
			"RoleStudent":   RoleStudent,
			"RoleInspector": RoleInspector,
			"RoleAssistant": RoleAssistant,
		}),
		enumtest.Of(map[string]DeviceType{
			"DevicePC":     DevicePC,
			"DeviceMobile": DeviceMobile,
		}),
		enumtest.Of(map[string]RoomType{
			"OneToOne":        OneToOne,
			"OneToMany":       OneToMany,
			"SmallFlashClass": SmallFlashClass,
			"SmallClass":      SmallClass,
		}),
		enumtest.Of(map[string]ConvertStatus{
			"ConvertDefault":   ConvertDefault,
			"ConvertSucceeded": ConvertSucceeded,
			"ConvertFailed":    ConvertFailed,
			"ConvertEmpty":     ConvertEmpty,
		}),
	)
}
