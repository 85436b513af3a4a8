package main

import (
	"bytes"
	_ "embed"
	"errors"
	"io"
	"os"
	"time"

	"github.com/edusdk/edusdk/duobeiyun"
	"github.com/edusdk/edusdk/duobeiyun/duobeiyuntest"
	"github.com/edusdk/edusdk/internal/console"
)

//go:embed lesson.pdf
var lesson []byte

// vendor is the Duobeiyun that the lesson is given on.
type vendor struct {
	duobeiyun.Config

	fake *duobeiyuntest.Server // nil for the real one
}

// openVendor takes the real vendor's credentials from the environment, and if there
// are none starts a fake.
func openVendor(c *console.Console) (*vendor, error) {
	v := &vendor{Config: duobeiyun.Config{
		Partner: os.Getenv("DUOBEIYUN_PARTNER"),
		AppKey:  os.Getenv("DUOBEIYUN_APPKEY"),
	}}
	if (v.Partner == "") != (v.AppKey == "") {
		return nil, errors.New(c.Text(
			"DUOBEIYUN_PARTNER 和 DUOBEIYUN_APPKEY 只设置了一个：连接真实平台需要同时设置，使用模拟服务请都不设置",
			"only one of DUOBEIYUN_PARTNER and DUOBEIYUN_APPKEY is set: the real vendor needs both, the fake none",
		))
	}
	if v.Partner == "" {
		v.fake = duobeiyuntest.NewServer()
		v.fake.SetConversionDelay(2500 * time.Millisecond)
		v.Config = v.fake.Config()
	}
	return v, nil
}

// close ends the fake.
func (v *vendor) close() {
	if v.fake != nil {
		v.fake.Close()
	}
}

// document is what is uploaded, and its size. The fake gets one of several megabytes
// at the pace of an office's network, for there would be nothing to see otherwise.
func (v *vendor) document() (content io.Reader, size int64) {
	if v.fake == nil {
		return bytes.NewReader(lesson), int64(len(lesson))
	}
	large := append(bytes.Clone(lesson), bytes.Repeat([]byte("% a comment that makes the document large\n"), 150_000)...)
	return paced{bytes.NewReader(large)}, int64(len(large))
}

// watch has two students watch the lesson, if the vendor is a fake.
func (v *vendor) watch(room *duobeiyun.Room) {
	if v.fake == nil {
		return
	}
	v.fake.AddViewers(room.RoomID,
		duobeiyuntest.Viewer{UID: "student-7", Enter: room.StartTime.Time, Stay: 85 * time.Minute},
		duobeiyuntest.Viewer{UID: "student-8", Mobile: true, Enter: room.StartTime.Add(12 * time.Minute), Stay: 40 * time.Minute},
	)
}

// paced is read with 3 MB a second.
type paced struct{ io.Reader }

func (p paced) Read(b []byte) (int, error) {
	const piece, takes = 64 << 10, 20 * time.Millisecond
	time.Sleep(takes)
	return p.Reader.Read(b[:min(len(b), piece)])
}
