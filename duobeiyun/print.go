package duobeiyun

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/edusdk/edusdk/internal/transport"
)

// String returns the address alone.
func (c Config) String() string {
	return fmt.Sprintf("duobeiyun.Config{BaseURL:%q, redacted}", transport.ShownBase(c.BaseURL))
}

// Format is String for every verb, so that none shows a secret.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for package slog.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }

// MarshalText is String for encoding/json and the like, so that a Config can be
// read from a file but not written to one.
func (c Config) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// String returns the client's address alone, for a copy of the client too.
func (c Client) String() string { return c.core.String() }

// Format is String for every verb, so that none shows a secret.
func (c Client) Format(f fmt.State, verb rune) { c.core.Format(f, verb) }

// LogValue is String for package slog.
func (c Client) LogValue() slog.Value { return c.core.LogValue() }

// String returns the client's address alone. The services have these methods too.
func (c *core) String() string {
	if c == nil {
		return "duobeiyun.Client"
	}
	return fmt.Sprintf("duobeiyun.Client(%s)", c.transport.Base())
}

// Format is String for every verb, so that none shows a secret.
func (c *core) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is String for package slog.
func (c *core) LogValue() slog.Value { return slog.StringValue(c.String()) }
