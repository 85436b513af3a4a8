package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/internal/console"
)

func TestAccount(t *testing.T) {
	const student = "student-0000"
	const minutes = 3
	for name, tt := range map[string]struct {
		happens func(b *books)
		want    account
		wrong   string // what the verdict says
	}{
		"all is well": {
			func(b *books) {
				b.accepted(student, 0, 100, "machine 1") // reports need not be whole minutes
				b.accepted(student, 100, 180, "machine 2")
			},
			account{accepted: 3}, "",
		},
		"a minute is missing": {
			func(b *books) {
				b.accepted(student, 0, 60, "machine 1")
				b.accepted(student, 121, 180, "machine 1") // and one second
			},
			account{accepted: 1, lost: 2}, "2 minutes are lost",
		},
		"a minute is set aside": {
			func(b *books) {
				b.accepted(student, 0, 60, "machine 1")
				b.setAside(student, 60, 130)
				b.accepted(student, 130, 180, "machine 1")
			},
			account{accepted: 1, aside: 2}, "",
		},
		"the answer was lost in the outage": {
			func(b *books) {
				b.unanswered(b.accepted(student, 0, 60, "machine 1"))
				b.accepted(student, 0, 60, "machine 2")
				b.accepted(student, 60, 180, "machine 2")
			},
			account{accepted: 3, twice: map[console.Text]int{{ZH: "应答在中断中丢失", EN: "the answer was lost in the outage"}: 1}}, "",
		},
		"the sender was killed": {
			func(b *books) {
				b.accepted(student, 0, 120, "machine 1")
				b.dead("machine 1")
				b.accepted(student, 0, 120, "machine 2")
				b.accepted(student, 120, 180, "machine 2")
			},
			account{accepted: 3, twice: map[console.Text]int{{ZH: "machine 1 还没记下应答就死了", EN: "machine 1 died before it noted the answer"}: 2}}, "",
		},
		"an older report comes late": {
			func(b *books) {
				b.accepted(student, 0, 60, "machine 1")
				b.accepted(student, 120, 180, "machine 1")
				b.accepted(student, 60, 120, "machine 2")
			},
			account{accepted: 3, backward: 1}, "1 reports were out of order",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBooks(minutes)
			b.watched(student, minutes*time.Minute)
			b.acknowledged(student, minutes*time.Minute)
			tt.happens(b)
			tt.want.watched, tt.want.acknowledged = minutes, minutes
			if tt.want.twice == nil {
				tt.want.twice = map[console.Text]int{}
			}
			got := b.account()
			assert.Equal(t, tt.want, got)
			if err := got.verdict(console.English, minutes); tt.wrong == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tt.wrong)
			}
			for _, l := range []console.Language{console.Chinese, console.English} {
				var out bytes.Buffer
				got.print(console.New(&out, console.Options{Language: l}), 1)
				for why := range got.twice {
					assert.Contains(t, out.String(), why.In(l))
				}
			}
		})
	}
}

func TestWhatNobodyWatched(t *testing.T) {
	b := newBooks(2)
	b.watched("student-0000", 90*time.Second)
	b.acknowledged("student-0000", 60*time.Second)
	b.accepted("student-0000", 0, 60, "machine 1")
	require.ErrorContains(t, b.account().verdict(console.English, 2), "of 2 minutes, 1 were watched and 1 acknowledged")
}
