package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
)

var verbs = regexp.MustCompile(`%(\[\d\])?[a-z]`)

func TestBothLanguagesHaveEveryText(t *testing.T) {
	for key, both := range texts {
		assert.NotEmpty(t, both.zh, key)
		assert.NotEmpty(t, both.en, key)
		assert.Len(t, verbs.FindAllString(both.zh, -1), len(verbs.FindAllString(both.en, -1)), key)
		if key != "site.lang" {
			assert.False(t, strings.ContainsFunc(both.en, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%s is in Chinese", key)
		}
		assert.NotRegexp(t, `\p{Han}[,.:;!?]( |$)`, both.zh, "%s has punctuation of a Latin text", key)
	}
}

// What the sources and templates name: a key in quotes, or its beginning, to which
// something is added.
var keyInSource = regexp.MustCompile(`"([a-z]+\.[A-Za-z0-9.-]*)"`)

func TestEveryTextIsThereAndUsed(t *testing.T) {
	used := map[string]bool{}
	prefixes := map[string]bool{}
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range names {
			if name == "texts.go" || strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, found := range keyInSource.FindAllStringSubmatch(string(source), -1) {
				if strings.HasSuffix(found[1], ".") {
					prefixes[found[1]] = true
				}
				used[found[1]] = true
				if _, ok := texts[found[1]]; !ok && strings.Contains(string(source), `T "`+found[1]+`"`) {
					t.Errorf("%s: there is no text %s", name, found[1])
				}
				if _, ok := texts[found[1]]; !ok && strings.Contains(string(source), `v.t("`+found[1]+`"`) && !strings.HasSuffix(found[1], ".") {
					t.Errorf("%s: there is no text %s", name, found[1])
				}
			}
		}
	}
	for key := range texts {
		found := used[key]
		for prefix := range prefixes {
			found = found || strings.HasPrefix(key, prefix)
		}
		for _, built := range []string{"error.nopage", "error.forged", "error.nobody", "upload.none", "upload.kind", "upload.size", "study.video-"} {
			found = found || strings.HasPrefix(key, built)
		}
		assert.True(t, found, "nothing shows %s", key)
	}
	for _, v := range videos {
		for _, key := range append(v.Slides(), v.Title()) {
			assert.Contains(t, texts, key)
		}
	}
	for _, state := range []string{roomUpcoming, roomOpen, roomEnded} {
		assert.Contains(t, texts, "state."+state)
	}
	for _, phase := range []string{phaseReady, phaseOpen, phaseCheck, phaseLimit, phaseEnded, phaseAway, phaseTries} {
		assert.Contains(t, texts, "study.phase."+phase)
	}
}

func TestTheBrowserPrefersALanguage(t *testing.T) {
	for header, want := range map[string]edusdk.Language{
		"": edusdk.English, "zh-CN,zh;q=0.9,en;q=0.8": edusdk.Chinese, "en-US,en;q=0.9,zh;q=0.8": edusdk.English, "ZH-TW": edusdk.Chinese,
		"fr, zh;q=0.4, en;q=0.2": edusdk.Chinese, "fr": edusdk.English, "zh;q=0, en;q=0.1": edusdk.English, "zh;q=x": edusdk.English, ";;,,": edusdk.English,
	} {
		assert.Equal(t, want, preferred(header), "%q", header)
	}
}

func TestTimesAndLengthsAreShown(t *testing.T) {
	at := time.Date(2026, 11, 25, 16, 5, 0, 0, time.UTC)
	assert.Equal(t, "2026年11月26日 00:05", showTime(edusdk.Chinese, at))
	assert.Equal(t, "26 Nov 2026, 00:05", showTime(edusdk.English, at))
	assert.Equal(t, "—", showTime(edusdk.English, time.Time{}))
	for d, want := range map[time.Duration][2]string{
		0: {"0 分钟", "0 min"}, 5 * time.Second: {"5 秒", "5 s"}, 61 * time.Second: {"1 分钟 1 秒", "1 min 1 s"},
		90*time.Minute + 4*time.Second: {"1 小时 30 分钟", "1 h 30 min"}, time.Hour: {"1 小时", "1 h"},
	} {
		assert.Equal(t, want[0], showLength(edusdk.Chinese, d), "%v", d)
		assert.Equal(t, want[1], showLength(edusdk.English, d), "%v", d)
	}
	assert.Equal(t, "20.0 MB 3 KB 7 B", fmt.Sprint(showSize(20<<20), " ", showSize(3<<10), " ", showSize(7)))
}
