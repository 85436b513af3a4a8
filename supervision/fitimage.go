package supervision

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/enum"
	"github.com/edusdk/edusdk/internal/params"
)

// FitMode is a reading of the document's limit of 1920×1080.
type FitMode int

// The readings.
const (
	// FitEither lets the longer side have 1920 pixels and the shorter 1080,
	// upright pictures too. It is what CompareFace checks.
	FitEither FitMode = iota
	// FitLandscape lets the width have 1920 pixels and the height 1080, for
	// platforms that refuse upright pictures which are higher than that.
	FitLandscape
)

var fitModeNames = map[FitMode]string{FitEither: "FitEither", FitLandscape: "FitLandscape"}

// String returns the name of the constant, or FitMode(7) for a value without a name.
func (m FitMode) String() string { return enum.Name(m, fitModeNames) }

// What FitImage aims at and takes.
const (
	// fitSize leaves room for base64, and reads the document's 2M as 2,000,000.
	fitSize = 2_000_000 / 4 * 3
	// maxPixels bounds the memory that decoding takes, to some 300 MB.
	maxPixels = 1 << 26
)

// FitImage makes a photo fit for CompareFace (document: 1.6.2,
// 压缩后图片大小不要超过2M, 图片尺寸在1920x1080以下). A JPEG or PNG that fits is
// returned as it is; any other is scaled down, turned as its EXIF orientation
// says, put on white where it is transparent, and encoded as a JPEG. It is never
// enlarged. The document leaves open whether the limit of 2 MB is for the picture or
// for its base64: the result keeps to both.
//
// The dimensions are read before anything is decoded, and more than 67 million
// pixels are refused. Anything but a valid JPEG or PNG is an error of kind
// ErrInvalidArgument.
func FitImage(img []byte, mode FitMode) ([]byte, error) {
	out, problem := fitImage(img, mode)
	if problem != nil {
		return nil, &edusdk.Error{Vendor: vendor, Op: "FitImage", Kind: edusdk.ErrInvalidArgument, Err: problem}
	}
	return out, nil
}

func fitImage(img []byte, mode FitMode) ([]byte, error) {
	if mode != FitEither && mode != FitLandscape {
		return nil, params.FieldError("mode", "must be FitEither or FitLandscape")
	}
	isJPEG, isPNG := bytes.HasPrefix(img, []byte("\xff\xd8")), bytes.HasPrefix(img, []byte(pngSignature))
	decodeConfig, decode := jpeg.DecodeConfig, jpeg.Decode
	var turn orientation
	switch {
	case len(img) == 0:
		return nil, params.FieldError("img", "must not be empty")
	case isJPEG:
		turn = jpegOrientation(img)
	case isPNG:
		decodeConfig, decode = png.DecodeConfig, png.Decode
		turn = pngOrientation(img)
	default:
		return nil, params.FieldError("img", "must be a JPEG or a PNG")
	}
	cfg, err := decodeConfig(bytes.NewReader(img))
	switch {
	case err != nil || cfg.Width <= 0 || cfg.Height <= 0:
		return nil, params.FieldError("img", "is a broken JPEG or PNG")
	case cfg.Width > maxPixels/cfg.Height:
		return nil, params.FieldError("img", fmt.Sprintf("is %d×%d pixels large, and must not have more than %d", cfg.Width, cfg.Height, maxPixels))
	}
	w, h := fitInto(cfg.Width, cfg.Height, turn.swaps(), mode)
	if w == cfg.Width && h == cfg.Height && turn == upright && len(img) <= fitSize {
		return img, nil
	}
	src, err := decode(bytes.NewReader(img))
	if err != nil {
		return nil, params.FieldError("img", "is a broken JPEG or PNG")
	}
	scaled := turn.apply(shrink(src, w, h))
	for {
		for _, quality := range []int{90, 80, 65, 50, 35} {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, scaled, &jpeg.Options{Quality: quality}); err != nil {
				return nil, params.FieldError("img", "cannot be encoded as a JPEG")
			}
			if out.Len() <= fitSize {
				return out.Bytes(), nil
			}
		}
		size := scaled.Bounds().Size()
		scaled = shrink(scaled, max(1, size.X*3/4), max(1, size.Y*3/4))
	}
}

// fitInto returns the size that a picture of w×h pixels is scaled to. A picture
// that swaps its sides when it is turned is judged by what it will be.
func fitInto(w, h int, swaps bool, mode FitMode) (width, height int) {
	maxW, maxH := MaxImageWidth, MaxImageHeight
	if mode == FitEither {
		if h > w {
			maxW, maxH = maxH, maxW
		}
	} else if swaps {
		maxW, maxH = maxH, maxW
	}
	if w <= maxW && h <= maxH {
		return w, h
	}
	if w*maxH > h*maxW { // the width decides
		return maxW, max(1, h*maxW/w)
	}
	return max(1, w*maxH/h), maxH
}

// shrink scales a picture down to w×h pixels: each is the mean of those that it
// covers. It converts one row of the source at a time.
func shrink(src image.Image, w, h int) *image.RGBA {
	b := src.Bounds()
	row := image.NewRGBA(image.Rect(0, 0, b.Dx(), 1))
	white := image.NewUniform(color.White)
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	sums := make([]int, 3*w)
	for y := range h {
		from, to := y*b.Dy()/h, (y+1)*b.Dy()/h
		clear(sums)
		for sy := from; sy < to; sy++ {
			draw.Draw(row, row.Bounds(), white, image.Point{}, draw.Src)
			draw.Draw(row, row.Bounds(), src, image.Pt(b.Min.X, b.Min.Y+sy), draw.Over)
			for x := range w {
				for sx := x * b.Dx() / w; sx < (x+1)*b.Dx()/w; sx++ {
					p := row.Pix[4*sx : 4*sx+3 : 4*sx+3]
					sums[3*x] += int(p[0])
					sums[3*x+1] += int(p[1])
					sums[3*x+2] += int(p[2])
				}
			}
		}
		for x := range w {
			n := (to - from) * ((x+1)*b.Dx()/w - x*b.Dx()/w)
			p := out.Pix[out.PixOffset(x, y):]
			for i := range 3 {
				p[i] = uint8((sums[3*x+i] + n/2) / n) //nolint:gosec // a mean of bytes is a byte
			}
			p[3] = 0xff
		}
	}
	return out
}

// orientation is how a picture lies, as EXIF numbers it: 1 is upright.
type orientation uint8

const upright orientation = 1

// swaps reports whether turning it upright makes its width its height.
func (o orientation) swaps() bool { return o >= 5 }

// apply turns a picture upright.
func (o orientation) apply(src *image.RGBA) *image.RGBA {
	if o == upright {
		return src
	}
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.swaps() {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			dx, dy := o.target(x, y, w, h)
			copy(out.Pix[out.PixOffset(dx, dy):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return out
}

// target returns where a pixel of a picture of w×h pixels belongs.
func (o orientation) target(x, y, w, h int) (dx, dy int) {
	switch o {
	case 2: // mirrored
		return w - 1 - x, y
	case 3: // upside down
		return w - 1 - x, h - 1 - y
	case 4: // upside down and mirrored
		return x, h - 1 - y
	case 5: // lying on its side and mirrored
		return y, x
	case 6: // to be turned clockwise
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8: // to be turned counterclockwise
		return y, w - 1 - x
	}
	return x, y
}

// jpegOrientation finds the orientation in a JPEG's EXIF segment. What cannot be
// read is upright.
func jpegOrientation(img []byte) orientation {
	for rest := img[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		marker, size := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0xff { // a byte that fills
			rest = rest[1:]
			continue
		}
		if marker == 0xda || size < 2 || len(rest) < 2+size { // the picture begins
			break
		}
		if exif, ok := bytes.CutPrefix(rest[4:2+size], []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return exifOrientation(exif)
		}
		rest = rest[2+size:]
	}
	return upright
}

const pngSignature = "\x89PNG\r\n\x1a\n"

// pngOrientation finds the orientation in a PNG's eXIf chunk.
func pngOrientation(img []byte) orientation {
	for rest := img[len(pngSignature):]; len(rest) >= 12; {
		size := int64(binary.BigEndian.Uint32(rest))
		if size > int64(len(rest)-12) {
			break
		}
		if string(rest[4:8]) == "eXIf" {
			return exifOrientation(rest[8 : 8+size])
		}
		rest = rest[12+size:]
	}
	return upright
}

// exifOrientation finds the orientation in the first directory of EXIF data.
func exifOrientation(exif []byte) orientation {
	const tagOrientation, typeShort, entrySize = 0x0112, 3, 12
	if len(exif) < 8 {
		return upright
	}
	var order binary.ByteOrder
	switch string(exif[:4]) {
	case "II*\x00":
		order = binary.LittleEndian
	case "MM\x00*":
		order = binary.BigEndian
	default:
		return upright
	}
	at := uint64(order.Uint32(exif[4:]))
	if at+2 > uint64(len(exif)) {
		return upright
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < entrySize {
			break
		}
		if order.Uint16(entries) == tagOrientation && order.Uint16(entries[2:]) == typeShort {
			if o := order.Uint16(entries[8:]); o >= 1 && o <= 8 {
				return orientation(o)
			}
			break
		}
		entries = entries[entrySize:]
	}
	return upright
}
