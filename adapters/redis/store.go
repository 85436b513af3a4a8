package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/edusdk/edusdk"
)

// Options of a TokenStore. The zero value means the defaults. It redacts itself when
// printed.
type Options struct {
	// Prefix is what all keys begin with, so that services can share a database.
	// "" means DefaultPrefix. It must not hold braces, which have a meaning in a
	// cluster.
	Prefix string
	// MaxAge is how long a token is kept at most, and how long one whose expiry is
	// not known. 0 means DefaultMaxAge.
	MaxAge time.Duration
	// Key, of 32 random bytes, encrypts the tokens (AES-256-GCM), and makes the names
	// of keys such that nobody without it can tell whether they are those of a
	// credential that he guesses. nil stores tokens as they are. Processes with
	// different keys share no logins, and do not disturb each other.
	Key []byte
	// Clock is that of the clients, see edusdk.WithClock; nil means time.Now.
	Clock func() time.Time
}

const (
	// DefaultPrefix is the default of Options.Prefix.
	DefaultPrefix = "edusdk:"
	// DefaultMaxAge is the default of Options.MaxAge.
	DefaultMaxAge = 24 * time.Hour
)

// String returns the options without the key.
func (o Options) String() string {
	return fmt.Sprintf("redis.Options{Prefix:%q, MaxAge:%s, redacted}", o.Prefix, o.MaxAge)
}

// Format is String for every verb, so that none shows a secret.
func (o Options) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.String()) }

// LogValue is String for package slog.
func (o Options) LogValue() slog.Value { return slog.StringValue(o.String()) }

// MarshalText is String for encoding/json and the like.
func (o Options) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// check says what is wrong with the options.
func (o *Options) check() error {
	switch {
	case strings.ContainsAny(o.Prefix, "{}"):
		return &edusdk.FieldError{Field: "Options.Prefix", Problem: "must not hold braces"}
	case o.MaxAge < 0:
		return &edusdk.FieldError{Field: "Options.MaxAge", Problem: "must not be negative"}
	case o.Key != nil && len(o.Key) != keySize:
		return &edusdk.FieldError{Field: "Options.Key", Problem: fmt.Sprintf("must have %d bytes", keySize)}
	}
	return nil
}

// TokenStore is an edusdk.TokenLocker in Redis. It is safe for concurrent use, by any
// number of processes too. It redacts itself when printed.
type TokenStore struct {
	client redis.UniversalClient
	prefix string
	maxAge time.Duration
	sealer *sealer // package fmt prints no more of it than its address
	clock  func() time.Time
}

var _ edusdk.TokenLocker = (*TokenStore)(nil)

// NewTokenStore returns a TokenStore on a client, which remains the caller's: there
// is nothing of the TokenStore to close. It sends nothing.
func NewTokenStore(client redis.UniversalClient, opts Options) (*TokenStore, error) {
	err := opts.check()
	if client == nil {
		err = &edusdk.FieldError{Field: "client", Problem: "is required"}
	}
	if err != nil {
		return nil, &edusdk.Error{Vendor: "redis", Op: "NewTokenStore", Kind: edusdk.ErrInvalidArgument, Err: err}
	}
	s := &TokenStore{
		client: client, prefix: cmp.Or(opts.Prefix, DefaultPrefix), maxAge: cmp.Or(opts.MaxAge, DefaultMaxAge), sealer: newSealer(opts.Key), clock: opts.Clock,
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	return s, nil
}

// Load implements edusdk.TokenStore. A token that cannot be read, because it is
// broken or was encrypted with another key, counts as absent.
func (s *TokenStore) Load(ctx context.Context, key string) (edusdk.Token, error) {
	k := s.keys(key)
	sealed, err := loadScript.Run(ctx, s.client, []string{k.token}).Text()
	if err != nil {
		return edusdk.Token{}, failed("Load", err)
	}
	t, ok := s.sealer.open(k.token, sealed)
	if !ok {
		return edusdk.Token{}, nil
	}
	return t, nil
}

// Save implements edusdk.TokenStore. A token that has expired is not kept.
func (s *TokenStore) Save(ctx context.Context, key string, t edusdk.Token) error {
	k := s.keys(key)
	record, err := s.record(k, t)
	if err != nil {
		return failed("Save", err)
	}
	return failed("Save", saveScript.Run(ctx, s.client, []string{k.token, k.fence}, record...).Err())
}

// Delete implements edusdk.TokenStore.
func (s *TokenStore) Delete(ctx context.Context, key, value string) error {
	k := s.keys(key)
	return failed("Delete", deleteScript.Run(ctx, s.client, []string{k.token}, s.sealer.digest(value)).Err())
}

// Lock implements edusdk.TokenLocker. Fences are the server's time in microseconds,
// and never go back while the server remembers.
func (s *TokenStore) Lock(ctx context.Context, key string, ttl time.Duration) (fence uint64, err error) {
	k := s.keys(key)
	// When the client repeats a command whose answer was lost, the holder is told by
	// this from others.
	holder := rand.Text()
	text, err := lockScript.Run(ctx, s.client, []string{k.lease, k.fence}, millis(ttl), millis(s.maxAge), holder).Text()
	if err != nil {
		return 0, failed("Lock", err)
	}
	fence, err = strconv.ParseUint(text, 10, 64)
	return fence, failed("Lock", err)
}

// SaveLocked implements edusdk.TokenLocker.
func (s *TokenStore) SaveLocked(ctx context.Context, key string, t edusdk.Token, fence uint64) (saved bool, err error) {
	k := s.keys(key)
	record, err := s.record(k, t)
	if err != nil {
		return false, failed("SaveLocked", err)
	}
	record = append(record, strconv.FormatUint(fence, 10), millis(s.maxAge))
	saved, err = saveLockedScript.Run(ctx, s.client, []string{k.token, k.lease, k.fence}, record...).Bool()
	return saved, failed("SaveLocked", err)
}

// Unlock implements edusdk.TokenLocker.
func (s *TokenStore) Unlock(ctx context.Context, key string, fence uint64) error {
	k := s.keys(key)
	return failed("Unlock", unlockScript.Run(ctx, s.client, []string{k.lease}, strconv.FormatUint(fence, 10)).Err())
}

// String returns the prefix of the keys.
func (s *TokenStore) String() string { return fmt.Sprintf("redis.TokenStore(%s)", s.prefix) }

// Format is String for every verb, so that none shows a secret.
func (s *TokenStore) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// LogValue is String for package slog.
func (s *TokenStore) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText is String for encoding/json and the like.
func (s *TokenStore) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// names are the keys in Redis of a key of clients.
type names struct {
	token string // a hash with the token and what it is compared by
	lease string // a hash with the fence of the lease and its holder; absent when it is free
	fence string // a hash with the fences of the latest lease, and when the token was saved
}

// keys returns keys that a cluster keeps in one slot.
func (s *TokenStore) keys(key string) names {
	base := s.prefix + "{" + s.sealer.name(key) + "}:"
	return names{base + "token", base + "lease", base + "fence"}
}

// record returns what the scripts take of a token: what it is compared by, the token,
// and for how many milliseconds it is kept.
func (s *TokenStore) record(k names, t edusdk.Token) ([]any, error) {
	sealed, err := s.sealer.seal(k.token, t)
	if err != nil {
		return nil, err
	}
	ttl := s.maxAge
	if !t.Expires.IsZero() {
		ttl = min(ttl, t.Expires.Sub(s.clock().Round(0)))
	}
	kept := int64(0)
	if ttl > 0 {
		kept = millis(ttl)
	}
	return []any{s.sealer.digest(t.Value), sealed, kept}, nil
}

// millis returns at least one millisecond: Redis refuses to keep a key for none.
func millis(d time.Duration) int64 { return max(d.Milliseconds(), 1) }
