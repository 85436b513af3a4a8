package outbox

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestConstantsPrintTheirNames(t *testing.T) {
	for want, v := range map[string]fmt.Stringer{
		"Park": Park, "Resend": Resend, "Policy(7)": Policy(7),
		"Undecided": Undecided, "Applied": Applied, "NotApplied": NotApplied, "Verdict(7)": Verdict(7),
		"Done": Done, "Retry": Retry, "Release": Release, "SetAside": SetAside, "Hold": Hold, "Bury": Bury, "Outcome(0)": Outcome(0),
	} {
		assert.Equal(t, want, v.String())
	}
}
