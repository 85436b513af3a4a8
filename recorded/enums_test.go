package recorded

import (
	"testing"

	"github.com/edusdk/edusdk/internal/enum/enumtest"
)

func TestEnumsPrintTheirNames(t *testing.T) {
	enumtest.Run(t, true,
		enumtest.Of(map[string]Encoding{
			"Form": Form,
			"JSON": JSON,
		}).NeverSent(),
		enumtest.Of(map[string]Orientation{
			"Landscape": Landscape,
			"Portrait":  Portrait,
		}),
		enumtest.Of(map[string]StudyStatus{
			"Studying": Studying,
			"Studied":  Studied,
		}),
	)
}
