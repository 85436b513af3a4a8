package redact

import (
	"encoding/json"
	"fmt"
	"testing"
)

// students is a request with the data of n students, as the vendor gets it.
func students(n int) []byte {
	list := make([]map[string]string, n)
	for i := range list {
		list[i] = map[string]string{
			"stuCode": fmt.Sprintf("STU%08d", i), "stuName": fmt.Sprintf("学员%05d", i), "stuCard": fmt.Sprintf("1101011990%08d", i*7919%99999999),
			"mobile": fmt.Sprintf("138%08d", i*104729%99999999), "ercunPhotos": fmt.Sprintf("https://photos.example.com/a/b/%08d.jpg", i),
		}
	}
	body, _ := json.Marshal(map[string]any{"data": list})
	return body
}

func forever() bool { return true }

// BenchmarkEcho is what it costs to find the data of 2,000 students in a message
// that repeats them.
func BenchmarkEcho(b *testing.B) {
	body := students(2000)
	messages := map[string]string{
		"plain":   "bad request: " + string(body),
		"base64":  base64Of(body),
		"escaped": escapedTwice(body),
		"short":   "系统繁忙",
	}
	for name, message := range messages {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var s Search
				s.Add(message)
				s.JSON(body, false, forever)
				s.Text(0)
			}
		})
	}
}
