package fake

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
)

// Verdict is what a fake has made of a request. It holds nothing of what was sent
// but names, so that it may be printed.
type Verdict struct {
	Method, Path string
	Status       int    // HTTP's
	Code         string // the vendor's, "" where the answer had none
	Refused      bool
	Problem      string // what was wrong, with the name of the field; "" where nothing was, or a test ordered the failure
}

// SetLogger sets what is told of every request, nil for nothing.
func (c *Core[R, P]) SetLogger(l *slog.Logger) {
	c.Lock()
	defer c.Unlock()
	c.logger = l
}

// Log tells the logger of a request. The lock must not be held, because a logger is
// somebody else's code.
func (c *Core[R, P]) Log(ctx context.Context, v Verdict) {
	c.Lock()
	logger := c.logger
	c.Unlock()
	if logger == nil {
		return
	}
	level := slog.LevelInfo
	if v.Refused {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{
		slog.String("method", Shown(v.Method)), slog.String("path", ShownPath(v.Path)), slog.Int("status", v.Status),
	}
	if v.Code != "" {
		attrs = append(attrs, slog.String("code", v.Code))
	}
	if v.Problem != "" {
		attrs = append(attrs, slog.String("problem", v.Problem))
	}
	logger.LogAttrs(ctx, level, "request", attrs...)
}

// plain is how the names of parameters and the parts of paths look.
var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z_. -]{0,39}[0-9]{0,2}$`)

// hidden stands for what does not look like a name. A body of another type, read
// as a form, makes a name of a password, and paths hold ids.
const hidden = "…"

// Shown returns a name that was sent, if it looks like one.
func Shown(name string) string {
	if !plain.MatchString(name) {
		return hidden
	}
	return name
}

// ShownPath returns a path with the parts of it that look like names.
func ShownPath(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	const most = 10
	if len(parts) > most {
		parts = append(parts[:most], hidden)
	}
	for i, part := range parts {
		if part != "" {
			parts[i] = Shown(part)
		}
	}
	return strings.Join(parts, "/")
}
