package study

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestConstantsPrintTheirNames(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"CheckFace": CheckFace, "CheckCode": CheckCode, "CheckKind(7)": CheckKind(7),
		"PlayPosition": PlayPosition, "PlayWatched": PlayWatched, "PlayTime(-1)": PlayTime(-1),
		"Block": Block, "Defer": Defer, "WhileDown(2)": WhileDown(2),
		"RecordSum": RecordSum, "RecordPosition": RecordPosition, "RecordMeaning(0)": RecordMeaning(0),
	} {
		assert.Equal(t, want, v.String())
	}
}
