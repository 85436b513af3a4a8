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
// the client goes on without it and does not ask it again while it hangs. Processes
// that need a token at the same moment each log in, unless the store is a
// [TokenLocker].
type TokenStore interface {
	// Load returns the token under key, or the zero Token if there is none.
	Load(ctx context.Context, key string) (Token, error)
	// Save stores t under key and replaces what was there.
	Save(ctx context.Context, key string, t Token) error
	// Delete removes the token under key, but only if its Value is still value:
	// another process may have renewed the token since.
	Delete(ctx context.Context, key, value string) error
}

// TokenLocker is a TokenStore with leases, by which one of the processes that need a
// token at the same moment logs in and the others take its token. A client asks its
// store for this interface; a store that wraps another one has to pass it on.
//
// A lease ends when its holder gives it back or its time is over, so that a holder
// that has died keeps nobody from logging in for long. A holder that was only slow
// must not replace the token of a later one: each lease has a fence, a number that is
// greater than those of all earlier leases of its key, and what is saved under it is
// compared with what has been saved under others.
//
// If the vendor refuses a login, its client saves that, too, for half a minute, so
// that not every process tries the same credentials: under a key of its own, as a
// Token without a Value, with the kind, the code and the message in Extra.
//
// If the store fails or does not answer, clients log in without a lease. If it denies
// a lease for 20 seconds, although no token appears, they do the same.
type TokenLocker interface {
	TokenStore
	// Lock grants the lease of key for ttl and returns its fence, or 0 if another
	// holder has the lease. It does not wait for it.
	Lock(ctx context.Context, key string, ttl time.Duration) (fence uint64, err error)
	// SaveLocked stores t as Save does and ends the lease with this fence. If a token
	// was saved under a later lease, or by Save after a later lease was granted, it
	// stores nothing and reports false. A lease that has ended, but was followed by
	// none under which a token was saved, is good enough.
	SaveLocked(ctx context.Context, key string, t Token, fence uint64) (saved bool, err error)
	// Unlock ends the lease of key, but only if its fence is fence.
	Unlock(ctx context.Context, key string, fence uint64) error
}

// NewMemoryStore returns a TokenStore for one process. Tokens stay until they
// are replaced or deleted.
func NewMemoryStore() *MemoryStore { return &MemoryStore{} }

// MemoryStore is the TokenStore of NewMemoryStore. It is a TokenLocker, for the
// clients of the process. Its zero value is empty and ready for use.
type MemoryStore struct {
	mu     sync.Mutex
	tokens map[string]Token
	leases map[string]memoryLease
}

// memoryLease is the latest lease of a key.
type memoryLease struct {
	fence uint64
	until time.Time // zero after it was given back
	saved uint64    // the fence of the latest lease when the token was saved
}

var _ TokenLocker = (*MemoryStore)(nil)

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
	if lease, leased := s.leases[key]; leased {
		lease.saved = lease.fence
		s.leases[key] = lease
	}
	s.put(key, t)
	return nil
}

// put stores a token. The caller holds the lock.
func (s *MemoryStore) put(key string, t Token) {
	if s.tokens == nil {
		s.tokens = map[string]Token{}
	}
	s.tokens[key] = t.clone()
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

// Lock implements TokenLocker. The error is always nil.
func (s *MemoryStore) Lock(_ context.Context, key string, ttl time.Duration) (fence uint64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lease, now := s.leases[key], time.Now()
	if now.Before(lease.until) {
		return 0, nil
	}
	if s.leases == nil {
		s.leases = map[string]memoryLease{}
	}
	lease.fence++
	lease.until = now.Add(ttl)
	s.leases[key] = lease
	return lease.fence, nil
}

// SaveLocked implements TokenLocker. The error is always nil.
func (s *MemoryStore) SaveLocked(_ context.Context, key string, t Token, fence uint64) (saved bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.leases[key].saved > fence {
		return false, nil
	}
	s.end(key, fence, fence)
	s.put(key, t)
	return true, nil
}

// Unlock implements TokenLocker. The error is always nil.
func (s *MemoryStore) Unlock(_ context.Context, key string, fence uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end(key, fence, s.leases[key].saved)
	return nil
}

// end ends the lease of key if it has this fence, and notes under which a token was
// saved. The caller holds the lock.
func (s *MemoryStore) end(key string, fence, saved uint64) {
	lease, leased := s.leases[key]
	if !leased {
		return
	}
	if lease.fence == fence {
		lease.until = time.Time{}
	}
	lease.saved = saved
	s.leases[key] = lease
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
