package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// The faces that can be before the camera.
const (
	faceSelf  = "self"
	faceOther = "other"
)

// camera returns what a camera would see: a drawing of the student, or of somebody else.
// A real page takes a picture with getUserMedia and sends it.
func camera(student person, face string) []byte {
	shirt, wall := color.RGBA{0x1f, 0x7a, 0x6c, 0xff}, color.RGBA{0xdd, 0xea, 0xf2, 0xff}
	hair := color.RGBA{0x2a, 0x24, 0x22, 0xff}
	if face != faceSelf {
		shirt, wall, hair = color.RGBA{0xb9, 0x5c, 0x2e, 0xff}, color.RGBA{0xf3, 0xe7, 0xda, 0xff}, color.RGBA{0x6e, 0x6a, 0x68, 0xff}
	}
	skin, dark := color.RGBA{0xf2, 0xcf, 0xb0, 0xff}, color.RGBA{0x3a, 0x2f, 0x2a, 0xff}
	lip := color.RGBA{0xb4, 0x5f, 0x58, 0xff}
	long := len(student.ID) > 0 && student.ID[len(student.ID)-1]%2 == 0 // every other student's hair
	shapes := []ellipse{{320, 208, 122, 112, hair}}
	if long {
		shapes = []ellipse{{320, 270, 138, 178, hair}} // behind the shoulders
	}
	shapes = append(shapes, ellipse{320, 560, 230, 190, shirt}, ellipse{320, 400, 52, 70, skin})
	shapes = append(shapes,
		ellipse{320, 268, 104, 130, skin},
		ellipse{320, 158, 104, 44, hair},
		ellipse{280, 262, 11, 13, dark}, ellipse{360, 262, 11, 13, dark},
		ellipse{284, 258, 3, 3, color.RGBA{0xff, 0xff, 0xff, 0xff}}, ellipse{364, 258, 3, 3, color.RGBA{0xff, 0xff, 0xff, 0xff}},
		ellipse{320, 340, 30, 10, lip}, ellipse{320, 333, 32, 9, skin},
		ellipse{320, 300, 7, 5, color.RGBA{0xdf, 0xb0, 0x90, 0xff}},
	)
	const width, height = 480, 360 // the drawing's 640 and 480, at three quarters
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, at(shapes, wall, float64(x)*4/3, float64(y)*4/3))
		}
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 88}) // a bytes.Buffer takes everything
	return b.Bytes()
}

// ellipse is a part of the drawing.
type ellipse struct {
	x, y, rx, ry float64
	fill         color.RGBA
}

// at returns the colour of a pixel: the mean of four points in it, so that edges are
// smooth.
func at(shapes []ellipse, wall color.RGBA, x, y float64) color.RGBA {
	var r, g, b int
	for i := range 4 {
		c := topmost(shapes, wall, x+float64(i%2)*2/3, y+float64(i/2)*2/3)
		r, g, b = r+int(c.R), g+int(c.G), b+int(c.B)
	}
	return color.RGBA{uint8(r / 4), uint8(g / 4), uint8(b / 4), 0xff}
}

func topmost(shapes []ellipse, wall color.RGBA, x, y float64) color.RGBA {
	for i := len(shapes) - 1; i >= 0; i-- {
		s := &shapes[i]
		dx, dy := (x-s.x)/s.rx, (y-s.y)/s.ry
		if dx*dx+dy*dy <= 1 {
			return s.fill
		}
	}
	return wall
}

// isStudent is how the fake platform knows a student: by the shirt.
func isStudent(photo []byte, _ string) bool {
	img, err := jpeg.Decode(bytes.NewReader(photo))
	if err != nil {
		return false
	}
	bounds := img.Bounds()
	r, g, _, _ := img.At(bounds.Dx()*2/3, bounds.Dy()-10).RGBA()
	return g > r
}

// showCamera shows what the camera sees.
func showCamera(v *visit) error {
	student, _, err := lessonOf(v)
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "image/jpeg")
	v.w.Header().Set("Cache-Control", "private, max-age=3600")
	_, _ = v.w.Write(camera(student, v.r.PathValue("face"))) // the browser may have left
	return nil
}
