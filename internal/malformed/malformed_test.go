package malformed

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOf(t *testing.T) {
	const good = `{"success":true,"rooms":[{"id":12345678901234567890},{"id":2}],"room":{"title":"a"}}`
	seen := map[string]string{}
	for c := range Of([]byte(good)) {
		assert.NotContains(t, seen, c.Name, "names tell cases apart")
		assert.NotEqual(t, good, string(c.Body), c.Name)
		seen[c.Name] = string(c.Body)
		var object map[string]json.RawMessage
		isObject := json.Unmarshal(c.Body, &object) == nil && object != nil
		assert.Equal(t, c.Broken, !isObject, "%s: %.200s", c.Name, c.Body)
	}
	assert.Greater(t, len(seen), 60)
	assert.JSONEq(t, `{"rooms":[{"id":12345678901234567890},{"id":2}],"room":{"title":"a"}}`, seen["success is missing"])
	assert.JSONEq(t, `{"success":true,"rooms":[{"id":12345678901234567890},{"id":2}],"room":{"title":1.5}}`, seen["room.title is a fraction"])
	assert.JSONEq(t, `{"success":true,"rooms":[{"id":null},{"id":2}],"room":{"title":"a"}}`, seen["rooms[0].id is null"])
	assert.JSONEq(t, `{"success":true,"rooms":"canary-value","room":{"title":"a"}}`, seen["rooms is a text"])
	assert.Contains(t, seen["success is missing"], "12345678901234567890", "numbers keep their digits")
}

func TestOfASmallAnswer(t *testing.T) {
	n := 0
	for range Of([]byte(`{"success":true}`)) {
		n++
	}
	assert.GreaterOrEqual(t, n, 60)
}

func TestOfALargeAnswer(t *testing.T) {
	n := 0
	for range Of([]byte(`{"a":` + strings.Repeat(`{"a":1,"b":2,"c":`, 100) + `3` + strings.Repeat(`}`, 100) + `}`)) {
		n++
	}
	assert.Less(t, n, 2000)
}

func TestOfStops(t *testing.T) {
	for _, most := range []int{1, 70, 100} {
		n := 0
		for range Of([]byte(`{"a":1,"b":{"c":2},"d":[{"e":3}]}`)) {
			if n++; n == most {
				break
			}
		}
		require.Equal(t, most, n)
	}
}
