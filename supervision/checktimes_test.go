package supervision_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/supervision"
)

func TestCheckTimes(t *testing.T) {
	const min = time.Minute
	hook := func(typ supervision.TriggerType, value int) supervision.Class {
		return supervision.Class{VideoOnHook: supervision.OnHookFace, TriggerType: typ, TriggerValue: value}
	}
	atStart := func(c supervision.Class) supervision.Class { c.VideoStartFace = true; return c }
	for name, tt := range map[string]struct {
		class  supervision.Class
		length time.Duration
		want   []time.Duration
	}{
		"none":                        {supervision.Class{TriggerValue: 3}, 30 * min, nil},
		"none, but at the start":      {atStart(supervision.Class{TriggerValue: 3}), 30 * min, []time.Duration{0}},
		"three, evenly":               {hook(supervision.TriggerCount, 3), 40 * min, []time.Duration{10 * min, 20 * min, 30 * min}},
		"one, in the middle":          {hook(supervision.TriggerCount, 1), 3 * min, []time.Duration{90 * time.Second}},
		"evenly and at the start":     {atStart(hook(supervision.TriggerCount, 1)), 2 * min, []time.Duration{0, min}},
		"every 10 minutes":            {hook(supervision.TriggerInterval, 10), 35 * min, []time.Duration{10 * min, 20 * min, 30 * min}},
		"not at the end":              {hook(supervision.TriggerInterval, 10), 30 * min, []time.Duration{10 * min, 20 * min}},
		"just before the end":         {hook(supervision.TriggerInterval, 10), 30*min + 1, []time.Duration{10 * min, 20 * min, 30 * min}},
		"growing gaps":                {hook(supervision.TriggerGrowing, 5), 60 * min, []time.Duration{5 * min, 15 * min, 30 * min, 50 * min}},
		"growing and at the start":    {atStart(hook(supervision.TriggerGrowing, 5)), 16 * min, []time.Duration{0, 5 * min, 15 * min}},
		"longer than the video":       {hook(supervision.TriggerInterval, 31), 30 * min, nil},
		"growing, longer than it":     {hook(supervision.TriggerGrowing, 30), 30 * min, nil},
		"value of the sample":         {hook(supervision.TriggerCount, 0), 30 * min, nil},
		"negative value":              {hook(supervision.TriggerInterval, -1), 30 * min, nil},
		"no length":                   {hook(supervision.TriggerInterval, 1), 0, nil},
		"no length, but at the start": {atStart(hook(supervision.TriggerInterval, 1)), 0, []time.Duration{0}},
		"negative length":             {hook(supervision.TriggerCount, 3), -min, nil},
		"unknown way":                 {hook(3, 5), 60 * min, nil},
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
