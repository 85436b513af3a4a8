package duobeiyun

import (
	"crypto/md5"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/edusdk/edusdk/internal/params"
)

// naiveSign works a signature out by the words of the document.
func naiveSign(values url.Values, appKey string) string {
	names := []string{}
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	pairs := []string{}
	for _, name := range names {
		for _, v := range values[name] {
			if v != "" && name != "sign" {
				pairs = append(pairs, name+"="+v)
			}
		}
	}
	return fmt.Sprintf("%x", md5.Sum([]byte(strings.Join(pairs, "&")+appKey)))
}

func TestSign(t *testing.T) {
	sample := func() url.Values {
		return url.Values{
			"duration": {"2"}, "partner": {"20151119143137"}, "startTime": {"2015-12-17 17:11"}, "title": {"test course"},
			"video": {"0"}, "timestamp": {"1497502288959"},
		}
	}
	const key, want = "3af12186256845b4bc2441e223829bfc", "88df34581719235f50b0ed66ade2d302"
	with := func(name string, vs ...string) url.Values {
		values := sample()
		values[name] = vs
		return values
	}
	assert.Equal(t, want, Sign(sample(), key), "the document's example")
	assert.Equal(t, want, Sign(with("nickname", ""), key), "a parameter without a value is left out")
	assert.Equal(t, want, Sign(with("sign", "0"), key), "and so is the signature itself")
	assert.NotEqual(t, want, Sign(with("video"), key), "video=0 counts")
	assert.NotEqual(t, want, Sign(sample(), key+"0"))
	for name, values := range map[string]url.Values{
		"nothing": nil, "Chinese": {"title": {"初二 数学"}}, "separators": {"a": {"1&b=2"}, "b": {"="}},
		"byte order": {"B": {"1"}, "a": {"2"}, "a1": {"3"}, "a_": {"4"}, "aB": {"5"}}, "two values": {"a": {"2", "1"}},
	} {
		assert.Equal(t, naiveSign(values, key), Sign(values, key), name)
		assert.Equal(t, Sign(values, key), fmt.Sprintf("%x", md5.Sum([]byte(StringToSign(values)+key))), name)
	}
}

func FuzzSign(f *testing.F) {
	f.Add("title", "test course", "video", "0", "3af12186256845b4bc2441e223829bfc")
	f.Add("a", "", "sign", "x", "")
	f.Add("初", "二&=%", "a", "\xff\x00", "key")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2, key string) {
		values := url.Values{}
		values.Add(name1, value1)
		values.Add(name2, value2)
		assert.Equal(t, naiveSign(values, key), Sign(values, key))
	})
}

func signingSample() []params.Param {
	ps := []params.Param{
		{Name: "title", Value: "初二数学 一次函数"}, {Name: "video", Value: "0"}, {Name: "startTime", Value: "2026-03-03 10:30"},
		{Name: "length", Value: "120"}, {Name: "roomType", Value: "2"}, {Name: "partner", Value: "20151119143137"},
		{Name: "timestamp", Value: "1497502288959"}, {Name: "uid", Value: "student-7"},
	}
	params.Sort(ps)
	return ps
}

func TestSigningAllocatesItsResultOnly(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector allocates; not counted")
		return
	}
	const key = "3af12186256845b4bc2441e223829bfc"
	ps := signingSample()
	values := url.Values{}
	for _, p := range ps {
		values.Set(p.Name, p.Value)
	}
	appKey := key
	r := &request{core: &core{appKey: &appKey}, params: append(make([]params.Param, 0, len(ps)+1), ps...)}
	for name, tt := range map[string]struct {
		f    func()
		want float64
	}{
		"Sign":          {func() { _ = Sign(values, key) }, 1},
		"sign":          {func() { _ = sign(ps, key) }, 1},
		"sign and form": {func() { r.sign = sign(r.params, key); _ = params.Form(r.signed()) }, 2},
	} {
		assert.InDelta(t, tt.want, testing.AllocsPerRun(100, tt.f), 0, name)
	}
}

// What is sent again is signed again, and no signature stays among the
// parameters that are signed.
func TestSigningAgain(t *testing.T) {
	partner, key := "p", "key"
	r := &request{core: &core{partner: &partner, appKey: &key}}
	assert.NoError(t, r.setParams(roomParams{"r"}))
	own := params.Values(r.params)
	for _, now := range []time.Time{time.UnixMilli(1), time.UnixMilli(2)} {
		r.stamp(now)
		form, err := url.ParseQuery(string(params.Form(r.signed())))
		assert.NoError(t, err)
		assert.Len(t, form, 4)
		assert.Equal(t, []string{naiveSign(form, "key")}, form["sign"])
	}
	own[r.time] = "2"
	assert.Equal(t, own, params.Values(r.params))
}

// BenchmarkSign signs and encodes 8 parameters, ours and as the document would
// have it written.
func BenchmarkSign(b *testing.B) {
	ps := signingSample()
	values := url.Values{}
	for _, p := range ps {
		values.Set(p.Name, p.Value)
	}
	const key = "3af12186256845b4bc2441e223829bfc"
	b.Run("ours", func(b *testing.B) {
		r := &request{params: append(make([]params.Param, 0, len(ps)+1), ps...)}
		b.ReportAllocs()
		for b.Loop() {
			r.sign = sign(r.params, key)
			_ = params.Form(r.signed())
		}
	})
	b.Run("naive", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			values.Set("sign", naiveSign(values, key))
			_ = values.Encode()
		}
	})
}
