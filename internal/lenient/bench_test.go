package lenient

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

type room struct {
	RoomID        string `json:"roomId"`
	Title         string `json:"title"`
	StartTime     moment `json:"startTime"`
	EndTime       moment `json:"endTime"`
	ValidEndTime  moment `json:"validEndTime"`
	Video         bool   `json:"video"`
	HostCode      string `json:"hostCode"`
	ConvertStatus int    `json:"convertStatus"`
	CourseType    int    `json:"courseType"`
	CoverImgURL   string `json:"coverImgUrl"`
}

// moment is a time as the vendors' packages read it.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(data []byte) error {
	t, err := time.ParseInLocation(`"2006-01-02 15:04:05"`, string(data), time.UTC)
	m.Time = t
	return err
}

type roomAnswer struct {
	Success *bool `json:"success"`
	Course  *room `json:"course"`
	Page    *struct {
		PageNo     int    `json:"pageNo"`
		TotalCount int    `json:"totalCount"`
		Items      []room `json:"items"`
	} `json:"pagination"`
}

func benchmarkRooms(n int, quote string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, `{"success":true,"pagination":{"pageNo":%[1]s1%[1]s,"totalCount":%[1]s%[2]d%[1]s,"sliderCount":5,"hasNextPage":false,"slider":[1],"items":[`, quote, n)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"roomId":"jz%028d","title":"初二数学 一次函数","startTime":"2026-03-03 10:30:00",`+
			`"endTime":"2026-03-03 12:00:00","validEndTime":"2027-03-03 12:00:00","video":%[2]strue%[2]s,"hostCode":"uyenl2",`+
			`"convertStatus":%[2]s1%[2]s,"courseType":%[2]s2%[2]s,"coverImgUrl":"http://files.example.com/%06[1]d.png"}`, i, quote)
	}
	b.WriteString(`]}}`)
	return []byte(b.String())
}

var smallRoom = []byte(`{"success":true,"course":{"roomId":"jz0123456789","title":"数学课","startTime":"2026-03-03 10:30:00",` +
	`"endTime":"2026-03-03 12:00:00","validEndTime":"2027-03-03 12:00:00","video":true,"hostCode":"uyenl2","convertStatus":1,"courseType":2,` +
	`"coverImgUrl":"http://files.example.com/xxxxxxx.png"}}`)

// BenchmarkUnmarshal compares with encoding/json on the documented types, and
// shows what numbers in strings cost.
func BenchmarkUnmarshal(b *testing.B) {
	decode := func(data []byte, v any) error { return Decode(data, v, nil) }
	for _, size := range []struct {
		name               string
		documented, quoted []byte
	}{
		{"small", smallRoom, []byte(strings.NewReplacer("true", `"true"`, ":1,", `:"1",`, ":2,", `:"2",`).Replace(string(smallRoom)))},
		{"6KB", benchmarkRooms(20, ""), benchmarkRooms(20, `"`)},
		{"600KB", benchmarkRooms(2000, ""), benchmarkRooms(2000, `"`)},
	} {
		for _, bb := range []struct {
			name string
			in   []byte
			f    func([]byte, any) error
		}{
			{"encoding-json", size.documented, json.Unmarshal},
			{"documented", size.documented, decode},
			{"numbers-as-strings", size.quoted, decode},
		} {
			b.Run(size.name+"/"+bb.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					var a roomAnswer
					if err := bb.f(bb.in, &a); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
