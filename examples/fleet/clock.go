package main

import "time"

// clock is the students', whose minutes are short. All processes have the same.
type clock struct {
	Began  time.Time
	Minute time.Duration // how long a minute takes
}

// now returns the students' time.
func (c clock) now() time.Time {
	return c.Began.Add(time.Duration(float64(time.Since(c.Began)) * float64(time.Minute) / float64(c.Minute)))
}

// takes returns how long a time of the students takes.
func (c clock) takes(d time.Duration) time.Duration {
	return time.Duration(float64(d) * float64(c.Minute) / float64(time.Minute))
}
