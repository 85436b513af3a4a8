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

// Token is a login that a vendor gave: what is sent with calls until it
// expires. It redacts itself when it is printed, logged, or made JSON of: a
// [TokenStore] writes and reads it with MarshalBinary and UnmarshalBinary.
type Token struct {
	// Value is what is sent; "" means no token.
	Value string
	// Expires is when the vendor stops taking it; zero means not known.
	Expires time.Time
	// Extra is what else the login's answer gave and later calls need.
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

// TokenStore is where a fleet of processes shares a login, so that one login
// serves all of them. The clients make the keys; values are secrets.
// Implementations are safe for concurrent use. One that keeps bytes writes and
// reads tokens with Token.MarshalBinary and Token.UnmarshalBinary. A store that does
// not answer within five seconds is done without, whether it minds its context or
// not, and not asked again while it hangs.
type TokenStore interface {
	// Load returns the token under key, or the zero Token when there is none.
	Load(ctx context.Context, key string) (Token, error)
	// Save puts t under key, in place of what was there.
	Save(ctx context.Context, key string, t Token) error
	// Delete removes what is under key, but only if its Value is still value:
	// another process may have renewed it since.
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
