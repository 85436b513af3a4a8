package outbox_test

import (
	"crypto/aes"
	"crypto/cipher"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk/supervision/outbox"
	"github.com/edusdk/edusdk/supervision/outbox/outboxtest"
)

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	outboxtest.TestStore(t, func(testing.TB) outboxtest.Place {
		return outboxtest.Place{Open: func(o outbox.StoreOptions) (outbox.Store, error) { return outbox.NewMemory(o), nil }}
	})
}

func TestFileStore(t *testing.T) {
	t.Parallel()
	for name, aead := range map[string]cipher.AEAD{"plain": nil, "encrypted": gcm(t, 1)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outboxtest.TestStore(t, func(t testing.TB) outboxtest.Place {
				path := filepath.Join(t.TempDir(), "reports.db")
				return outboxtest.Place{
					Open: func(o outbox.StoreOptions) (outbox.Store, error) {
						return outbox.OpenFile(path, outbox.FileOptions{StoreOptions: o, AEAD: aead})
					},
					Close:   func(s outbox.Store) error { return s.(*outbox.FileStore).Close() },
					Durable: true,
				}
			})
		})
	}
}

// gcm returns a cipher with a key of equal bytes.
func gcm(t testing.TB, b byte) cipher.AEAD {
	key := make([]byte, 32)
	for i := range key {
		key[i] = b
	}
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	aead, err := cipher.NewGCM(block)
	require.NoError(t, err)
	return aead
}
