package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// page is a page of the documentation, taken apart.
type page struct {
	name     string // relative to the root, with slashes
	lines    []string
	headings []heading
	blocks   []block
	tables   []int // columns of each row, in order of appearance
	order    []string
	links    []link
	code     []string // inline code
}

type heading struct {
	level int
	text  string
}

// block is a fenced block of code.
type block struct {
	language string
	marker   string // what the comment in front of it quotes
	first    int    // index of its first line
	last     int    // index behind its last line
	text     string
}

type link struct {
	line   int // from 1
	target string
}

// pages are all that is written for readers, in the order of their names.
func pages(t *testing.T) (all []*page) {
	t.Helper()
	for _, pattern := range []string{"README*.md", "CONTRIBUTING.md", "BENCHMARKS.md", "CHANGELOG.md", "docs/*.md"} {
		names, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		require.NoError(t, err)
		require.NotEmpty(t, names, pattern)
		for _, name := range names {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			relative, err := filepath.Rel(root, name)
			require.NoError(t, err)
			all = append(all, parsePage(filepath.ToSlash(relative), string(text)))
		}
	}
	return all
}

var (
	markerLine = regexp.MustCompile(`^<!-- example: (.+) -->$`)
	atxHeading = regexp.MustCompile(`^(#{1,6}) +(.+?)(?: +#+)?$`)
	inlineLink = regexp.MustCompile(`\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)`)
	inlineCode = regexp.MustCompile("`([^`]+)`")
)

func parsePage(name, text string) *page {
	p := &page{name: name, lines: strings.Split(text, "\n")}
	marker := ""
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			b := block{language: strings.TrimSpace(strings.TrimPrefix(line, "```")), marker: marker, first: i + 1}
			for i++; i < len(p.lines) && p.lines[i] != "```"; i++ {
			}
			b.last = i
			b.text = strings.Join(p.lines[b.first:b.last], "\n")
			p.blocks = append(p.blocks, b)
			p.order = append(p.order, "block of "+b.language)
			marker = ""
		case markerLine.MatchString(line):
			marker = markerLine.FindStringSubmatch(line)[1]
		case atxHeading.MatchString(line):
			m := atxHeading.FindStringSubmatch(line)
			p.headings = append(p.headings, heading{len(m[1]), m[2]})
			p.order = append(p.order, "heading "+m[1])
			p.inline(i, line)
		case strings.HasPrefix(line, "|"):
			columns := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") - 1
			p.tables = append(p.tables, columns)
			p.order = append(p.order, "row of "+strings.Repeat("|", columns))
			p.inline(i, line)
		default:
			if strings.TrimSpace(line) != "" {
				marker = ""
			}
			p.inline(i, line)
		}
	}
	return p
}

func (p *page) inline(i int, line string) {
	for _, m := range inlineCode.FindAllStringSubmatch(line, -1) {
		p.code = append(p.code, m[1])
	}
	for _, m := range inlineLink.FindAllStringSubmatch(inlineCode.ReplaceAllString(line, "``"), -1) {
		p.links = append(p.links, link{i + 1, m[1]})
	}
}

// anchors are the names of the headings as GitHub makes them.
func (p *page) anchors() (names []string) {
	seen := map[string]int{}
	for _, h := range p.headings {
		var b strings.Builder
		for _, r := range strings.ToLower(strings.NewReplacer("`", "", "*", "").Replace(h.text)) {
			switch {
			case r == ' ':
				b.WriteByte('-')
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				b.WriteRune(r)
			}
		}
		name := b.String()
		if n := seen[name]; n > 0 {
			name += "-" + string(rune('0'+n))
		}
		seen[b.String()]++
		names = append(names, name)
	}
	return names
}

// deadLinks are the relative links of a page that lead nowhere.
func deadLinks(p *page, all []*page) (dead []string) {
	for _, l := range p.links {
		if strings.Contains(l.target, "://") || strings.HasPrefix(l.target, "mailto:") {
			continue
		}
		file, anchor, _ := strings.Cut(l.target, "#")
		name := p.name
		if file != "" {
			name = filepath.ToSlash(filepath.Join(filepath.Dir(p.name), file))
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				dead = append(dead, l.target)
				continue
			}
		}
		if anchor == "" {
			continue
		}
		at := slices.IndexFunc(all, func(other *page) bool { return other.name == name })
		if at < 0 && name == p.name {
			at, all = 0, []*page{p}
		}
		if at < 0 || !slices.Contains(all[at].anchors(), anchor) {
			dead = append(dead, l.target)
		}
	}
	return dead
}
