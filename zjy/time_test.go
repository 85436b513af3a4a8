package zjy_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/zjy"
)

func TestTime(t *testing.T) {
	for name, tt := range map[string]struct{ in, want string }{
		"of the document":     {`"/Date(1607937528000)/"`, "2020-12-14T17:18:48+08:00"},
		"escaped slashes":     {`"\/Date(1607937528000)\/"`, "2020-12-14T17:18:48+08:00"},
		"escaped letters":     {`"\u002fDate(1607937528000)/"`, "2020-12-14T17:18:48+08:00"},
		"milliseconds":        {`"/Date(1607937528123)/"`, "2020-12-14T17:18:48.123+08:00"},
		"the beginning":       {`"/Date(0)/"`, "1970-01-01T08:00:00+08:00"},
		"negative":            {`"/Date(-1000)/"`, "1970-01-01T07:59:59+08:00"},
		"before 1900":         {`"/Date(-2211753600000)/"`, "1899-11-30T08:00:00+08:00"},
		"as it is written":    {`"2020-12-14T17:18:48+08:00"`, "2020-12-14T17:18:48+08:00"},
		"of another zone":     {`"2020-12-14T09:18:48Z"`, "2020-12-14T17:18:48+08:00"},
		"of other vendors":    {`"2020-12-14 17:18:48"`, "2020-12-14T17:18:48+08:00"},
		"with an offset":      {`"/Date(1607937528000+0800)/"`, "2020-12-14T17:18:48+08:00"},
		"a number":            {`1607937528000`, "2020-12-14T17:18:48+08:00"},
		"null":                {`null`, ""},
		"empty":               {`""`, ""},
		"none, as .NET":       {`"/Date(-62135596800000)/"`, ""},
		"the first of .NET":   {`"/Date(-62135596799999)/"`, "0001-01-01T08:00:00.001+08:00"},
		"the last of .NET":    {`"/Date(253402300799999)/"`, "10000-01-01T07:59:59.999+08:00"},
		"the last but a zone": {`"/Date(253402271999999)/"`, "9999-12-31T23:59:59.999+08:00"},
	} {
		t.Run(name, func(t *testing.T) {
			got := zjy.Time{Time: time.Unix(1, 0)}
			require.NoError(t, json.Unmarshal([]byte(tt.in), &got))
			if tt.want == "" {
				assert.Equal(t, zjy.Time{}, got)
			} else {
				assert.Equal(t, tt.want, got.Format(time.RFC3339Nano))
			}
			written, err := json.Marshal(got)
			require.NoError(t, err)
			if tt.want == "" {
				assert.Equal(t, "null", string(written))
			} else if got.Year() <= 9999 {
				assert.Equal(t, `"`+tt.want+`"`, string(written))
			}
			var back zjy.Time
			require.NoError(t, json.Unmarshal(written, &back))
			assert.Equal(t, got, back, "written and read again")
		})
	}
}

func TestWhatIsNoTime(t *testing.T) {
	for _, in := range []string{
		`"/Date(x)/"`, `"/Date(1"`, `"/Date(1)"`, `"/Date()/"`, `"/Date(1.5)/"`, `"Date(1)"`, `"secret"`, `{}`, `[]`, `true`,
		`"/Date(253402300800000)/"`, `"/Date(-62135596800001)/"`, `"/Date(9223372036854775807)/"`, `"/Date(92233720368547758070)/"`,
		`"0000-12-31T23:59:59Z"`, `"2020-13-14 17:18:48"`,
	} {
		var got zjy.Time
		err := json.Unmarshal([]byte(in), &got)
		require.ErrorContains(t, err, "is not a time", in)
		assert.NotContains(t, err.Error(), "secret")
		assert.True(t, got.IsZero(), in)
	}
}

// FuzzTime looks for times that cannot be written, or are not the same when they
// are read again.
func FuzzTime(f *testing.F) {
	for _, s := range []string{
		`"/Date(1607937528000)/"`, `"\/Date(-1)\/"`, `"/Date(253402300799999)/"`, `"/Date(-62135596800000)/"`, `null`, `""`,
		`"2020-12-14T17:18:48+08:00"`, `"9999-12-31T23:59:59.999Z"`, `"0001-01-01T00:00:00+23:59"`, `1`, `"/Date(`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, back zjy.Time
		if json.Unmarshal(data, &got) != nil {
			return
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatalf("%s was read as %v and cannot be written: %v", data, got, err)
		}
		if err := json.Unmarshal(written, &back); err != nil || !back.Equal(got.Time) {
			t.Fatalf("%s was read as %v, written as %s and read again as %v, %v", data, got, written, back, err)
		}
	})
}
