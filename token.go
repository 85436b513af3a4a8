package edusdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"sync"
	"time"
)

// Token is the result of a login: what is sent with calls until it expires. It
// redacts itself when it is printed, logged or encoded as JSON; a [TokenStore] writes
// and reads it with MarshalBinary and UnmarshalBinary.
type Token struct {
	// Value is what is sent; "" means no token.
	Value string
	// Expires is when the vendor stops accepting it; zero means not known.
	Expires time.Time
	// Extra holds what else later calls need from the login's answer.
	Extra map[string]string
}

// String tells whether there is a token and when it expires, not its value.
func (t Token) String() string {
	if t.Value == "" {
		return "Token(none)"
	}
	if t.Expires.IsZero() {
		return "Token(redacted, expiry unknown)"
	}
	return "Token(redacted, expires " + t.Expires.Format(time.RFC3339) + ")"
}

// Format is String for every verb, so that none shows a secret.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }

// LogValue is String for package slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// MarshalText is String for encoding/json and the like.
func (t Token) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// plainToken is a Token that hides nothing.
type plainToken Token

// MarshalBinary returns the whole token, for a store: it is a secret. It is a JSON
// object with the members Value, Expires and Extra.
func (t Token) MarshalBinary() ([]byte, error) { return json.Marshal(plainToken(t)) }

// UnmarshalBinary reads what MarshalBinary has written.
func (t *Token) UnmarshalBinary(data []byte) error {
	var plain plainToken
	if err := json.Unmarshal(data, &plain); err != nil {
		return errors.New("edusdk: a stored token is broken") // not with what it holds
	}
	*t = Token(plain)
	return nil
}

// TokenStore is where several processes share a login. The clients choose the keys;
// the values are secrets. Implementations must be safe for concurrent use. A store of
// bytes writes and reads tokens with Token.MarshalBinary and Token.UnmarshalBinary. If
// a store does not answer within five seconds, whether or not it respects its context,
// the client goes on without it and does not ask it again while it hangs.
type TokenStore interface {
	// Load returns the token under key, or the zero Token if there is none.
	Load(ctx context.Context, key string) (Token, error)
	// Save stores t under key and replaces what was there.
	Save(ctx context.Context, key string, t Token) error
	// Delete removes the token under key, but only if its Value is still value:
	// another process may have renewed the token since.
	Delete(ctx context.Context, key, value string) error
}

// NewMemoryStore returns a TokenStore for one process. Tokens stay until they
// are replaced or deleted.
func NewMemoryStore() *MemoryStore { return &MemoryStore{} }

// MemoryStore is the TokenStore of NewMemoryStore. Its zero value is empty and
// ready for use.
type MemoryStore struct {
	mu     sync.Mutex
	tokens map[string]Token
}

// Load implements TokenStore. The error is always nil.
func (s *MemoryStore) Load(_ context.Context, key string) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[key].clone(), nil
}

// Save implements TokenStore. The error is always nil.
func (s *MemoryStore) Save(_ context.Context, key string, t Token) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens == nil {
		s.tokens = map[string]Token{}
	}
	s.tokens[key] = t.clone()
	return nil
}

// Delete implements TokenStore. The error is always nil.
func (s *MemoryStore) Delete(_ context.Context, key, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[key].Value == value {
		delete(s.tokens, key)
	}
	return nil
}

// String tells how many tokens there are, not what they are.
func (s *MemoryStore) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("MemoryStore(%d tokens)", len(s.tokens))
}

// Format is String for every verb, so that none shows a secret.
func (s *MemoryStore) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// clone keeps callers from sharing the map.
func (t Token) clone() Token {
	t.Extra = maps.Clone(t.Extra)
	return t
}
