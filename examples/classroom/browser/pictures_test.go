package browser

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The pictures of the README. Pixels cannot be compared with those of another machine,
// which has other fonts. So beside each picture, in testdata/pictures, stand what its
// page says, without numbers, and the sums of what the page is drawn with: style sheets,
// scripts, images. Where these are not what the page has, the picture is made anew, by
//
//	.ci/browser --pictures
var pictures = []struct {
	name string
	on   func(lang string) screen
	page func(p *tab) // brings the tab to what is to be seen, which does not move any more
}{
	{"rooms", desktop, func(p *tab) {
		p.visit("/rooms")
	}},
	{"upload", desktop, func(p *tab) {
		p.room(liveRoom)
		p.attach("#file", file(p.t, p.text("浮力与压强", "Buoyancy")+".pdf", 20*megabyte))
		p.press("#upload button[type=submit]")
		// Between 20 and 69 of 100 the file is on its way to the platform. Without
		// answers the page stays as it is.
		p.until(`(() => {
			const value = document.querySelector("#jobs .job:only-child progress")?.value ?? 0;
			if (value < 20 || value > 69) return false;
			classroom.ask = async () => null;
			scrollTo(0, 0);
			return true;
		})()`)
	}},
	{"attendance", desktop, func(p *tab) {
		p.visit(p.room(endedRoom) + "/attendance")
		p.until(`window.Chart && [...document.querySelectorAll("canvas")].every(c => Chart.getChart(c))`)
	}},
	{"outage", tall, func(p *tab) {
		p.visit("/study/student-1/video-1")
		p.press("#play")
		p.until(`/[1-9]\d* (分钟|min)/.test(document.querySelector("#accepted").innerText)`)
		p.press("#outage-button")
		p.until(`document.querySelector("#regulator-status").innerText === %s`, quote(p.text("中断", "Away")))
		// Between 3 and 6 minutes, the video's second slide is shown.
		p.until(`/\d+/.exec(document.querySelector("#outbox.waiting")?.innerText)?.[0] >= 2 && /[4-9] (分钟|min)/.test(document.querySelector("#watched").innerText)`)
		p.press("#play") // pause
		p.shows("已暂停", "Paused")
		evaluate[bool](p, `(() => { document.activeElement.blur(); scrollTo(0, 0); return true; })()`)
	}},
	{"phone", handset, func(p *tab) {
		p.visit("/study/student-2/video-1")
		p.press("#play")
		p.until(`document.querySelector("#face").checkVisibility() && document.querySelector("#face img").complete`)
		p.lacks("#outbox.waiting")
		evaluate[bool](p, `(() => { document.querySelector("#learner").scrollIntoView(); scrollBy(0, -60); return true; })()`)
	}},
}

// tall shows both sides of a study hour.
func tall(lang string) screen { return screen{lang: lang, width: 1280, height: 1080} }

// handset is a phone, sharp enough to be looked at.
func handset(lang string) screen {
	on := phone(lang)
	on.scale = 2
	return on
}

func TestPictures(t *testing.T) {
	for _, tt := range pictures {
		for _, lang := range []string{"zh", "en"} {
			name := "classroom-" + tt.name + "-" + lang
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				on := tt.on(lang)
				p := openTab(t, startSite(t).url, on)
				tt.page(p)
				p.until(`document.readyState === "complete"`)
				text := p.snapshot()
				file := filepath.Join("..", "..", "..", "docs", "images", name+".png")
				snapshot := filepath.Join("testdata", "pictures", name+".txt")
				if os.Getenv("EDUSDK_PICTURES") == "write" {
					taken, err := p.picture(false)
					require.NoError(t, err)
					small, err := smaller(taken)
					require.NoError(t, err)
					require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
					require.NoError(t, os.MkdirAll(filepath.Dir(snapshot), 0o750))
					require.NoError(t, os.WriteFile(file, small, 0o644))
					require.NoError(t, os.WriteFile(snapshot, []byte(sum(small)+"  "+name+".png\n"+text), 0o644))
				}
				const again = "make the pictures anew: .ci/browser --pictures"
				picture, err := os.ReadFile(file)
				require.NoError(t, err, again)
				want, err := os.ReadFile(snapshot)
				require.NoError(t, err, again)
				first, said, _ := strings.Cut(string(want), "\n")
				assert.Equalf(t, sum(picture)+"  "+name+".png", first, "the picture is the one that was made with %s", snapshot)
				assert.Equal(t, said, text, again)
				config, err := png.DecodeConfig(bytes.NewReader(picture))
				require.NoError(t, err)
				scale := int(max(on.scale, 1))
				assert.Equal(t, [2]int{int(on.width) * scale, int(on.height) * scale}, [2]int{config.Width, config.Height}, "the picture's size")
				assert.Less(t, len(picture), 300_000, "the picture's size in bytes")
			})
		}
	}
}

func sum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// What a page says differently each time, and what stands for it.
var volatile = []struct {
	found *regexp.Regexp
	shown string
}{
	{regexp.MustCompile(`\+?\d+ (小时|分钟|秒|h|min|s)\b?( \d+ (分钟|秒|min|s)\b?)*`), "<length>"},
	{regexp.MustCompile(`\d+ (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d+`), "<day>"},
	{regexp.MustCompile(`\d+年\d+月\d+日`), "<day>"},
	{regexp.MustCompile(`jz[0-9a-f]+`), "<room>"},
	{regexp.MustCompile(`\d+`), "<n>"},
}

// snapshot returns what the page says, without what differs each time and lines that
// come again, and the sums of what it is drawn with.
func (p *tab) snapshot() string {
	p.t.Helper()
	text := p.body()
	for _, v := range volatile {
		text = v.found.ReplaceAllString(text, v.shown)
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	lines = slices.Compact(lines)
	drawn := evaluate[[]string](p, `Promise.all([...new Set(performance.getEntriesByType("resource")
		.filter(e => ["link", "script", "img", "css"].includes(e.initiatorType)).map(e => e.name))].sort().map(async url => {
			const digest = await crypto.subtle.digest("SHA-256", await (await fetch(url)).arrayBuffer());
			return new URL(url).pathname + " " + [...new Uint8Array(digest)].map(b => b.toString(16).padStart(2, "0")).join("");
		}))`)
	return strings.Join(append(drawn, lines...), "\n") + "\n"
}

// smaller returns a picture with 256 colours: the most frequent ones and then those
// that are least like them, to which the others are rounded. Those are the edges of
// letters.
func smaller(picture []byte) ([]byte, error) {
	taken, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, err
	}
	bounds := taken.Bounds()
	pixel := func(x, y int) color.RGBA { return color.RGBAModel.Convert(taken.At(x, y)).(color.RGBA) }
	times := map[color.RGBA]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			times[pixel(x, y)]++
		}
	}
	var colours []color.RGBA
	for c := range times {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	away := make([]int, len(colours)) // how unlike the palette's nearest a colour is
	for i := range away {
		away[i] = math.MaxInt
	}
	add := func(c color.RGBA) {
		palette = append(palette, c)
		for i, other := range colours {
			r, g, b := int(c.R)-int(other.R), int(c.G)-int(other.G), int(c.B)-int(other.B)
			away[i] = min(away[i], r*r+g*g+b*b)
		}
	}
	for _, c := range colours[:min(128, len(colours))] {
		add(c)
	}
	for range min(256, len(colours)) - len(palette) {
		furthest := 0
		for i := range away {
			if away[i] > away[furthest] {
				furthest = i
			}
		}
		add(colours[furthest])
	}
	nearest := map[color.RGBA]uint8{}
	for _, c := range colours {
		nearest[c] = uint8(palette.Index(c))
	}
	small := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, nearest[pixel(x, y)])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, small)
	return out.Bytes(), err
}
