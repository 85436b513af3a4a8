package supervision_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/supervision"
)

// corners is a picture whose corners are red, green, blue and white, clockwise
// from the upper left.
func corners(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i, c := range []color.Color{color.RGBA{255, 0, 0, 255}, color.RGBA{0, 255, 0, 255}, color.RGBA{0, 0, 255, 255}, color.White} {
		x, y := []int{0, w / 2, w / 2, 0}[i], []int{0, 0, h / 2, h / 2}[i]
		draw.Draw(img, image.Rect(x, y, x+w/2, y+h/2), image.NewUniform(c), image.Point{}, draw.Src)
	}
	return img
}

func jpegOf(img image.Image) []byte {
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	return b.Bytes()
}

func pngOf(img image.Image) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

func noise(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.Uint32())
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return img
}

// exif is EXIF data with an orientation, in either byte order.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II*\x00")
	if order.String() == "BigEndian" {
		b = []byte("MM\x00*")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = append(b, make([]byte, 12)...) // another entry
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, orientation)
	return append(b, 0, 0, 0, 0, 0, 0)
}

// turned is a JPEG with an orientation.
func turned(img []byte, order binary.AppendByteOrder, orientation uint16) []byte {
	data := append([]byte("Exif\x00\x00"), exif(order, orientation)...)
	out := append([]byte{}, img[:2]...)
	out = append(out, 0xff, 0xe0, 0, 4, 1, 2) // another segment
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(data)+2))
	return append(append(out, data...), img[2:]...)
}

// look decodes a picture, says what its corners are, and checks that CompareFace
// would take it.
func look(t *testing.T, img []byte) (size image.Point, colours string) {
	t.Helper()
	decoded, _, err := image.Decode(bytes.NewReader(img))
	require.NoError(t, err)
	b := decoded.Bounds()
	for _, at := range []image.Point{{1, 1}, {3, 1}, {3, 3}, {1, 3}} {
		r, g, bl, _ := decoded.At(b.Min.X+b.Dx()*at.X/4, b.Min.Y+b.Dy()*at.Y/4).RGBA()
		switch high := func(v uint32) bool { return v > 0x9000 }; {
		case high(r) && high(g) && high(bl):
			colours += "w"
		case high(r):
			colours += "r"
		case high(g):
			colours += "g"
		case high(bl):
			colours += "b"
		default:
			colours += "?"
		}
	}
	assert.LessOrEqual(t, base64.StdEncoding.EncodedLen(len(img)), 2_000_000)
	assert.LessOrEqual(t, max(b.Dx(), b.Dy()), supervision.MaxImageWidth)
	assert.LessOrEqual(t, min(b.Dx(), b.Dy()), supervision.MaxImageHeight)
	return b.Size(), colours
}

func TestFitImage(t *testing.T) {
	either, landscape := supervision.FitEither, supervision.FitLandscape
	for name, tt := range map[string]struct {
		img  []byte
		mode supervision.FitMode
		size image.Point
	}{
		"a phone's photo":              {jpegOf(corners(2400, 1800)), either, image.Pt(1440, 1080)},
		"a phone's photo, upright":     {jpegOf(corners(1800, 2400)), either, image.Pt(1080, 1440)},
		"upright, for a landscape":     {jpegOf(corners(1800, 2400)), landscape, image.Pt(810, 1080)},
		"wide":                         {jpegOf(corners(3840, 1000)), either, image.Pt(1920, 500)},
		"a narrow strip":               {jpegOf(corners(8000, 4)), either, image.Pt(1920, 1)},
		"a PNG":                        {pngOf(corners(2400, 2400)), either, image.Pt(1080, 1080)},
		"a little too high":            {jpegOf(corners(1920, 1082)), either, image.Pt(1916, 1080)},
		"upright and fits":             {jpegOf(corners(1080, 1920)), either, image.Pt(1080, 1920)},
		"upright and does not fit":     {jpegOf(corners(1080, 1920)), landscape, image.Pt(607, 1080)},
		"lying, upright by its EXIF":   {turned(jpegOf(corners(1920, 1080)), binary.LittleEndian, 6), landscape, image.Pt(607, 1080)},
		"lying and fits":               {turned(jpegOf(corners(1080, 1920)), binary.LittleEndian, 6), landscape, image.Pt(1920, 1080)},
		"small, never enlarged":        {turned(jpegOf(corners(40, 30)), binary.BigEndian, 3), either, image.Pt(40, 30)},
		"larger than 2 MB, noise":      {pngOf(noise(1000, 1000)), either, image.Pt(1000, 1000)},
		"of 16 bits, with a palette":   {pngOf(image.NewRGBA64(image.Rect(0, 0, 2000, 1000))), either, image.Pt(1920, 960)},
		"grey":                         {jpegOf(image.NewGray(image.Rect(0, 0, 2000, 1000))), either, image.Pt(1920, 960)},
		"with a frame that begins off": {jpegOf(corners(2000, 1000).SubImage(image.Rect(10, 10, 1990, 1000))), either, image.Pt(1920, 960)},
	} {
		t.Run(name, func(t *testing.T) {
			in := bytes.Clone(tt.img)
			out, err := supervision.FitImage(tt.img, tt.mode)
			require.NoError(t, err)
			size, _ := look(t, out)
			assert.Equal(t, tt.size, size)
			assert.Equal(t, in, tt.img, "the caller's picture is left alone")
		})
	}
	t.Run("one that fits stays as it is", func(t *testing.T) {
		for _, img := range [][]byte{jpegOf(corners(640, 480)), pngOf(corners(640, 480)), turned(jpegOf(corners(64, 48)), binary.LittleEndian, 1)} {
			out, err := supervision.FitImage(img, either)
			require.NoError(t, err)
			assert.Equal(t, img, out)
		}
	})
	t.Run("what is transparent becomes white", func(t *testing.T) {
		out, err := supervision.FitImage(pngOf(image.NewRGBA(image.Rect(0, 0, 2000, 2000))), either)
		require.NoError(t, err)
		_, colours := look(t, out)
		assert.Equal(t, "wwww", colours)
	})
}

// EXIF says how a picture lies, and it is turned upright.
func TestFitImageOrientation(t *testing.T) {
	for orientation, want := range []string{1: "rgbw", 2: "grwb", 3: "bwrg", 4: "wbgr", 5: "rwbg", 6: "wrgb", 7: "bgrw", 8: "gbwr"} {
		if orientation == 0 {
			continue
		}
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			t.Run(fmt.Sprintf("%d %s", orientation, order), func(t *testing.T) {
				out, err := supervision.FitImage(turned(jpegOf(corners(64, 32)), order, uint16(orientation)), supervision.FitEither)
				require.NoError(t, err)
				size, colours := look(t, out)
				assert.Equal(t, want, colours)
				if orientation < 5 {
					assert.Equal(t, image.Pt(64, 32), size)
				} else {
					assert.Equal(t, image.Pt(32, 64), size)
				}
			})
		}
	}
	t.Run("of a PNG", func(t *testing.T) {
		img := pngOf(corners(64, 32))
		data := exif(binary.BigEndian, 6)
		chunk := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		chunk = append(append(chunk, "eXIf"...), data...)
		chunk = binary.BigEndian.AppendUint32(chunk, crcOf(chunk[4:]))
		const header = 8 + 25 // signature and IHDR
		out, err := supervision.FitImage(append(append(bytes.Clone(img[:header]), chunk...), img[header:]...), supervision.FitEither)
		require.NoError(t, err)
		_, colours := look(t, out)
		assert.Equal(t, "wrgb", colours)
	})
	t.Run("broken EXIF", func(t *testing.T) {
		img := jpegOf(corners(64, 32))
		good := turned(img, binary.LittleEndian, 6)
		for i := range good[:60] {
			broken := bytes.Clone(good)
			broken[i] ^= 0xff
			_, _ = supervision.FitImage(broken, supervision.FitEither) // and does not panic
		}
	})
}

func crcOf(b []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range b {
		crc ^= uint32(c)
		for range 8 {
			crc = crc>>1 ^ 0xedb88320*(crc&1)
		}
	}
	return ^crc
}

func TestFitImageRefuses(t *testing.T) {
	huge := pngOf(image.NewGray(image.Rect(0, 0, 1, 1)))
	binary.BigEndian.PutUint32(huge[16:], 1<<20)
	binary.BigEndian.PutUint32(huge[20:], 1<<20)
	binary.BigEndian.PutUint32(huge[29:], crcOf(huge[12:29]))
	whole := jpegOf(corners(2400, 1800))
	for name, tt := range map[string]struct {
		img     []byte
		mode    supervision.FitMode
		problem string
	}{
		"nothing":            {nil, 0, "img must not be empty"},
		"a GIF":              {[]byte("GIF89a"), 0, "img must be a JPEG or a PNG"},
		"a broken header":    {[]byte("\xff\xd8\xff"), 0, "img is a broken JPEG or PNG"},
		"cut off":            {whole[:len(whole)/2], 0, "img is a broken JPEG or PNG"},
		"a bomb":             {huge, 0, "img is 1048576×1048576 pixels large"},
		"of an unknown mode": {whole, 7, "mode must be"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := supervision.FitImage(tt.img, tt.mode)
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			assert.ErrorContains(t, err, tt.problem)
		})
	}
}

func FuzzFitImage(f *testing.F) {
	small := jpegOf(corners(16, 8))
	f.Add(small)
	f.Add(turned(small, binary.LittleEndian, 6))
	f.Add(turned(small, binary.BigEndian, 8)[:60])
	f.Add(pngOf(corners(8, 8)))
	f.Fuzz(func(t *testing.T, img []byte) {
		cfg, _, err := image.DecodeConfig(bytes.NewReader(img))
		if err == nil && cfg.Width*cfg.Height > 1<<20 {
			return // for the time that it takes
		}
		out, err := supervision.FitImage(img, supervision.FitEither)
		if err != nil {
			assert.ErrorIs(t, err, edusdk.ErrInvalidArgument)
			return
		}
		cfg, _, err = image.DecodeConfig(bytes.NewReader(out))
		require.NoError(t, err)
		assert.LessOrEqual(t, max(cfg.Width, cfg.Height), supervision.MaxImageWidth)
		assert.LessOrEqual(t, len(out), 1_500_000)
	})
}
