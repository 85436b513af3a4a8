package redis

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"

	"github.com/edusdk/edusdk"
)

// keySize is that of Options.Key: of AES-256.
const keySize = 32

// sealer makes of tokens, and of the keys of clients, what Redis holds.
type sealer struct {
	aead   cipher.AEAD // nil without a key
	naming []byte      // the key of hashes, nil without one
}

func newSealer(key []byte) *sealer {
	if key == nil {
		return &sealer{}
	}
	block, err := aes.NewCipher(derived(key, "tokens"))
	if err != nil {
		panic(err) // the key's size is right
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES fits
	}
	return &sealer{aead, derived(key, "names")}
}

// derived returns a key for one purpose.
func derived(key []byte, purpose string) []byte {
	k, err := hkdf.Key(sha256.New, key, nil, "edusdk/adapters/redis: "+purpose, keySize)
	if err != nil {
		panic(err) // it is short
	}
	return k
}

// seal returns a token as Redis has it under a key, to which it is bound.
func (s *sealer) seal(under string, t edusdk.Token) ([]byte, error) {
	plain, err := t.MarshalBinary()
	if err != nil || s.aead == nil {
		return plain, err
	}
	return s.aead.Seal(nil, nil, plain, []byte(under)), nil //nolint:gosec // it adds a random nonce itself
}

// open returns the token that was sealed.
func (s *sealer) open(under, sealed string) (t edusdk.Token, ok bool) {
	plain := []byte(sealed)
	if s.aead != nil {
		var err error
		if plain, err = s.aead.Open(nil, nil, plain, []byte(under)); err != nil {
			return edusdk.Token{}, false
		}
	}
	return t, t.UnmarshalBinary(plain) == nil
}

// name returns what stands for a client's key. That one has the hash of a credential
// and may have braces.
func (s *sealer) name(key string) string { return hex.EncodeToString(s.hash("name", key)[:16]) }

// digest returns what the values of two tokens are compared by.
func (s *sealer) digest(value string) string { return hex.EncodeToString(s.hash("value", value)) }

// hash is keyed if there is a key.
func (s *sealer) hash(purpose, text string) []byte {
	h := sha256.New()
	if s.naming != nil {
		h = hmac.New(sha256.New, s.naming)
	}
	h.Write([]byte(purpose + "\x00" + text))
	return h.Sum(nil)
}
