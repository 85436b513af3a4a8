package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hour is a student's page.
type hour struct {
	*browser

	path  string
	token string
	page  string
	at    float64
}

func (b *browser) hour(student, video string) *hour {
	return &hour{browser: b, path: "/study/" + student + "/" + video, token: b.token()}
}

func (h *hour) tell(what string, t tick) (s studyView) {
	h.t.Helper()
	t.Page = h.page
	body, err := json.Marshal(t)
	require.NoError(h.t, err)
	got := h.do(http.MethodPost, h.path+"/"+what, bytes.NewReader(body), "Content-Type", "application/json", "Accept", "application/json", tokenHeader, h.token)
	require.Equal(h.t, http.StatusOK, got.StatusCode, got.Text)
	require.NoError(h.t, json.Unmarshal([]byte(got.Text), &s))
	if s.Page != "" {
		h.page = s.Page
	}
	return s
}

func (h *hour) start() studyView {
	h.t.Helper()
	s := h.tell("start", tick{})
	h.at = s.Position
	if s.Page != "" { // checks wait for the platform to have got the start
		require.Eventually(h.t, func() bool { return h.state().Regulator.Waiting == 0 }, 20*time.Second, 20*time.Millisecond)
	}
	return s
}

// play plays on for a while; the clock follows.
func (h *hour) play(d time.Duration) (s studyView) {
	h.t.Helper()
	for end := h.at + d.Seconds(); h.at < end; {
		step := min(10, end-h.at)
		h.site.demo.clock.skip(time.Duration(step * float64(time.Second)))
		h.at += step
		if s = h.tell("tick", tick{Position: h.at, Playing: true}); s.Phase != phaseOpen {
			return s
		}
	}
	return s
}

// skip sets the clock forward.
func (c *clock) skip(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.advance()
	c.at = c.at.Add(d)
}

// accepted waits until the platform has as much on record.
func (h *hour) accepted(d time.Duration) {
	h.t.Helper()
	student, video := h.path[len("/study/"):len("/study/student-1")], h.path[len("/study/student-1/"):]
	require.Eventually(h.t, func() bool {
		for _, r := range h.site.demo.regulator.Resources(student, courseCode) {
			if r.ResCode == video && r.Watched == d {
				return true
			}
		}
		return false
	}, 20*time.Second, 20*time.Millisecond, "the platform does not have %v on record", d)
}

func (h *hour) state() (s studyView) {
	h.t.Helper()
	require.NoError(h.t, json.Unmarshal([]byte(h.get(h.path+"/state").Text), &s))
	return s
}

func TestAStudyHour(t *testing.T) {
	b := open(t, 0)
	h := b.hour("student-1", "video-1")
	assert.Equal(t, phaseReady, h.state().Phase)
	require.Equal(t, phaseOpen, h.start().Phase)
	s := h.play(3 * time.Minute)
	assert.Equal(t, "17 分钟", s.Left[:len("17 分钟")])
	s = h.play(6 * time.Minute)
	require.Equal(t, phaseCheck, s.Phase, "half way through, a check is due")
	assert.Equal(t, "6 分钟", s.Watched)
	assert.Equal(t, 3, s.TriesLeft)
	b.site.demo.clock.skip(30 * time.Second)
	s = h.tell("tick", tick{Position: h.at + 30, Playing: true})
	assert.Equal(t, "6 分钟", s.Watched, "nothing counts before it is passed")
	s = h.tell("face", tick{Face: faceOther})
	assert.True(t, s.FaceFailed)
	assert.Equal(t, 2, s.TriesLeft)
	s = h.tell("face", tick{Face: faceSelf})
	assert.True(t, s.FacePassed)
	assert.Equal(t, phaseOpen, s.Phase)
	h.at = s.Position
	s = h.play(12 * time.Minute)
	require.Equal(t, phaseEnded, s.Phase, "the video is over")
	h.accepted(12*time.Minute - 30*time.Second) // without what was played while the check was due
	require.Eventually(t, func() bool {
		s = h.state()
		return s.Regulator.Waiting == 0
	}, 20*time.Second, 20*time.Millisecond, "the end is not sent")
	assert.Equal(t, "11 分钟 30 秒", s.Regulator.Accepted)
	assert.Equal(t, "未在学习", s.Regulator.Studying)
	assert.NotEmpty(t, s.Regulator.Track)
	require.NotEmpty(t, s.Regulator.Records)
	assert.Equal(t, "结束学习", s.Regulator.Records[0].What)

	other := b.hour("student-1", "video-2")
	other.start()
	s = other.play(5 * time.Minute)
	s = other.tell("face", tick{Face: faceSelf})
	other.at = s.Position
	s = other.play(4 * time.Minute)
	assert.Equal(t, phaseLimit, s.Phase, "the day's 20 minutes are over")
	assert.Equal(t, "0 分钟", s.Left)
	assert.Equal(t, "8 分钟 30 秒", s.Watched)
	other.tell("end", tick{})
	other.accepted(8*time.Minute + 30*time.Second)
}

func TestAnOutageLosesNothing(t *testing.T) {
	b := open(t, 0)
	h := b.hour("student-2", "video-1")
	h.start()
	h.play(65 * time.Second)
	require.Eventually(t, func() bool { return h.state().Regulator.Reports == 1 }, 20*time.Second, 20*time.Millisecond)
	b.post("/regulator", "away", "1", "back", h.path)
	s := h.play(3 * time.Minute)
	assert.True(t, s.Regulator.Away)
	assert.Equal(t, "中断", s.Regulator.Status)
	require.Eventually(t, func() bool { return h.state().Regulator.Waiting > 0 }, 20*time.Second, 20*time.Millisecond)
	assert.Contains(t, h.state().Regulator.Outbox, "等待发送")
	fresh := b.hour("student-3", "video-1")
	s = fresh.start()
	assert.Equal(t, texts["study.trouble"].zh, s.Trouble, "nobody can begin: the identity cannot be checked")
	b.post("/regulator", "away", "0", "back", h.path)
	h.tell("end", tick{})
	h.accepted(245 * time.Second)
	require.Eventually(t, func() bool { return h.state().Regulator.Waiting == 0 }, 20*time.Second, 20*time.Millisecond)
}

func TestASecondPageTakesTheSessionOver(t *testing.T) {
	b := open(t, 0)
	first := b.hour("student-4", "video-1")
	first.start()
	first.play(time.Minute)
	second := b.hour("student-4", "video-1")
	s := second.start()
	assert.InDelta(t, 60, s.Position, 1, "it goes on where the first one was")
	s = first.tell("tick", tick{Position: 70, Playing: true})
	assert.Equal(t, phaseAway, s.Phase)
	s = second.play(30 * time.Second)
	assert.Equal(t, phaseOpen, s.Phase)
	second.tell("end", tick{})
	assert.Equal(t, phaseEnded, second.tell("tick", tick{}).Phase)
	second.accepted(90 * time.Second)
}

func TestAllTriesCanBeUsedUp(t *testing.T) {
	b := open(t, 0)
	h := b.hour("student-5", "video-2")
	h.start()
	require.Equal(t, phaseCheck, h.play(6*time.Minute).Phase)
	for range 3 {
		h.tell("face", tick{Face: faceOther})
	}
	assert.Equal(t, phaseTries, h.tell("tick", tick{Position: h.at}).Phase)
	assert.Equal(t, phaseTries, h.tell("face", tick{Face: faceSelf}).Phase)
	h.tell("end", tick{})
	assert.Equal(t, phaseCheck, h.start().Phase, "the check is due in the next session")
}

func TestTheClockRunsFastWhileAVideoPlays(t *testing.T) {
	c := newClock(30)
	began := c.at
	c.read = c.read.Add(-4 * time.Second) // four seconds ago
	c.fast = c.read.Add(time.Second)
	passed := c.now().Sub(began)
	assert.InDelta(t, 33, passed.Seconds(), 1, "a second of thirty and three of one")
}

func TestAWrongTickIsRefused(t *testing.T) {
	b := open(t, 0)
	h := b.hour("student-1", "video-1")
	for _, body := range []string{"", "{", `{"position":-1}`, `{"position":1e9}`, `{"position":"x"}`} {
		got := b.do(http.MethodPost, h.path+"/tick", bytes.NewReader([]byte(body)), tokenHeader, h.token, "Accept", "application/json")
		assert.Equal(t, http.StatusBadRequest, got.StatusCode, body)
	}
	s := h.tell("tick", tick{Position: 1})
	assert.Equal(t, phaseEnded, s.Phase, "a page that nobody knows any more")
	h.start()
	other := b.hour("student-2", "video-1")
	other.page = h.page
	body, _ := json.Marshal(tick{Page: h.page})
	got := b.do(http.MethodPost, other.path+"/tick", bytes.NewReader(body), tokenHeader, h.token, "Accept", "application/json")
	assert.Equal(t, http.StatusNotFound, got.StatusCode, "the page of another student")
}

func TestTheCameraKnowsStudents(t *testing.T) {
	for _, s := range students[:2] {
		assert.True(t, isStudent(camera(s, faceSelf), ""), s.ID)
		assert.False(t, isStudent(camera(s, faceOther), ""), s.ID)
	}
	assert.False(t, isStudent([]byte("x"), ""))
}
