package supervision_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/supervision"
)

func TestCheckTimes(t *testing.T) {
	const m = time.Minute
	hook := func(typ supervision.TriggerType, value int) supervision.Class {
		return supervision.Class{VideoOnHook: supervision.OnHookFace, TriggerType: typ, TriggerValue: value}
	}
	atStart := func(c supervision.Class) supervision.Class { c.VideoStartFace = true; return c }
	for name, tt := range map[string]struct {
		class  supervision.Class
		length time.Duration
		want   []time.Duration
	}{
		"none":                        {supervision.Class{TriggerValue: 3}, 30 * m, nil},
		"none, but at the start":      {atStart(supervision.Class{TriggerValue: 3}), 30 * m, []time.Duration{0}},
		"three, evenly":               {hook(supervision.TriggerCount, 3), 40 * m, []time.Duration{10 * m, 20 * m, 30 * m}},
		"one, in the middle":          {hook(supervision.TriggerCount, 1), 3 * m, []time.Duration{90 * time.Second}},
		"evenly and at the start":     {atStart(hook(supervision.TriggerCount, 1)), 2 * m, []time.Duration{0, m}},
		"every 10 minutes":            {hook(supervision.TriggerInterval, 10), 35 * m, []time.Duration{10 * m, 20 * m, 30 * m}},
		"not at the end":              {hook(supervision.TriggerInterval, 10), 30 * m, []time.Duration{10 * m, 20 * m}},
		"just before the end":         {hook(supervision.TriggerInterval, 10), 30*m + 1, []time.Duration{10 * m, 20 * m, 30 * m}},
		"growing gaps":                {hook(supervision.TriggerGrowing, 5), 60 * m, []time.Duration{5 * m, 15 * m, 30 * m, 50 * m}},
		"growing and at the start":    {atStart(hook(supervision.TriggerGrowing, 5)), 16 * m, []time.Duration{0, 5 * m, 15 * m}},
		"longer than the video":       {hook(supervision.TriggerInterval, 31), 30 * m, nil},
		"growing, longer than it":     {hook(supervision.TriggerGrowing, 30), 30 * m, nil},
		"value of the sample":         {hook(supervision.TriggerCount, 0), 30 * m, nil},
		"negative value":              {hook(supervision.TriggerInterval, -1), 30 * m, nil},
		"no length":                   {hook(supervision.TriggerInterval, 1), 0, nil},
		"no length, but at the start": {atStart(hook(supervision.TriggerInterval, 1)), 0, []time.Duration{0}},
		"negative length":             {hook(supervision.TriggerCount, 3), -m, nil},
		"unknown way":                 {hook(3, 5), 60 * m, nil},
		"huge value":                  {hook(supervision.TriggerInterval, math.MaxInt), math.MaxInt64, nil},
		"no room between":             {hook(supervision.TriggerCount, 5), 3, []time.Duration{1, 1, 2, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, tt.class.CheckTimes(tt.length))
		})
	}
}

// However long a video is, the checks are ascending, before its end and bounded.
func TestCheckTimesBounded(t *testing.T) {
	for _, typ := range []supervision.TriggerType{supervision.TriggerCount, supervision.TriggerInterval, supervision.TriggerGrowing} {
		for _, value := range []int{1, 7, 1000, 1 << 20, 1<<31 - 1, math.MaxInt} {
			for _, length := range []time.Duration{1, time.Second, time.Hour, 1000 * time.Hour, math.MaxInt64 / 2, math.MaxInt64} {
				c := supervision.Class{VideoOnHook: supervision.OnHookCode, TriggerType: typ, TriggerValue: value, VideoStartFace: true}
				times := c.CheckTimes(length)
				assert.LessOrEqual(t, len(times), supervision.MaxCheckTimes+1, "type %d, value %d, length %d", typ, value, length)
				for i, at := range times {
					if i > 0 && at < times[i-1] || at < 0 || at >= length {
						t.Errorf("type %d, value %d, length %d: check %d is at %d", typ, value, length, i, at)
						break
					}
				}
			}
		}
	}
	whole := supervision.Class{VideoOnHook: supervision.OnHookCode, TriggerType: supervision.TriggerInterval, TriggerValue: 1}
	assert.Len(t, whole.CheckTimes(5000*time.Minute), supervision.MaxCheckTimes)
	assert.Equal(t, time.Minute, whole.CheckTimes(5000 * time.Minute)[0])
}
