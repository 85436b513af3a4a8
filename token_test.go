package edusdk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const secret = "canary"

func tokenWith(value string) Token {
	return Token{Value: value, Expires: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Extra: map[string]string{"k": secret + "-extra"}}
}

// verbs are all that package fmt knows, and one that it does not. The pointer's
// and the wrapped error's are left out: vet refuses them for what is neither, and
// fmt then asks no method.
const verbs = "vsqxXdtbcoOUeEfFgGTz"

// texts are all the ways to print v, and what is around v.
func texts(v any) map[string]string {
	out := map[string]string{}
	for _, verb := range verbs {
		for _, flag := range []string{"", "+", "#", " ", "0", "-", "20.3", "+#"} {
			format := "%" + flag + string(verb)
			out[format] = fmt.Sprintf(format, v)
		}
	}
	out["Sprint"] = fmt.Sprint(v)
	out["Sprintln"] = fmt.Sprintln(v)
	var text, inJSON bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	slog.New(slog.NewJSONHandler(&inJSON, nil)).Info("m", "v", v, slog.Group("g", "v", v))
	if encoded, err := jsonOf(v); err == nil {
		out["JSON"] = encoded
	}
	out["slog text"], out["slog JSON"] = text.String(), inJSON.String()
	return out
}

func jsonOf(v any) (string, error) {
	encoded, err := json.Marshal(v)
	return string(encoded), err
}

func noSecret(t *testing.T, what string, v any) {
	t.Helper()
	for how, text := range texts(v) {
		assert.NotContains(t, text, secret, "%s of %s", how, what)
		assert.NotContains(t, strings.ToLower(text), fmt.Sprintf("%x", secret), "%s of %s", how, what)
	}
}

func TestTokenRedactsItself(t *testing.T) {
	t.Parallel()
	token := tokenWith(secret)
	noSecret(t, "a Token", token)
	noSecret(t, "a *Token", &token)
	type holder struct {
		Token   Token
		Pointer *Token
	}
	for what, v := range map[string]any{
		"a struct with tokens": holder{token, &token},
		"a slice of tokens":    []Token{token},
		"a map of tokens":      map[string]Token{"a": token},
	} {
		for how, text := range texts(v) {
			assert.NotContains(t, text, secret, "%s of %s", how, what)
		}
	}
}

// A store keeps all of a token, and reads what stores kept before Token had these
// methods: its JSON.
func TestTokenInAStore(t *testing.T) {
	t.Parallel()
	for name, token := range map[string]Token{"full": tokenWith(secret), "no expiry": {Value: secret}, "zero": {}} {
		stored, err := token.MarshalBinary()
		require.NoError(t, err, name)
		var got Token
		require.NoError(t, got.UnmarshalBinary(stored), name)
		assert.Equal(t, token, got, name)
	}
	var got Token
	require.NoError(t, got.UnmarshalBinary([]byte(`{"Value":"v","Expires":"2026-05-01T00:00:00Z","Extra":{"k":"v"}}`)))
	assert.Equal(t, Token{Value: "v", Expires: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Extra: map[string]string{"k": "v"}}, got)
	for _, broken := range []string{"", `{"Value":"` + secret, `{"Value":["` + secret + `"]}`, `{"Expires":"` + secret + `"}`, `"` + got.String() + `"`} {
		kept := got
		err := kept.UnmarshalBinary([]byte(broken))
		require.Error(t, err, broken)
		assert.NotContains(t, err.Error(), secret)
		assert.Equal(t, got, kept, "what cannot be read changes nothing")
	}
}

func TestTokenText(t *testing.T) {
	t.Parallel()
	for want, token := range map[string]Token{
		"Token(none)": {Extra: map[string]string{"k": secret}},
		"Token(redacted, expires 2026-05-01T00:00:00Z)": tokenWith(secret),
		"Token(redacted, expiry unknown)":               {Value: secret},
	} {
		assert.Equal(t, want, token.String())
		assert.Equal(t, want, fmt.Sprintf("%v", token))
		assert.Equal(t, want, fmt.Sprintf("%#v", token))
		assert.Equal(t, want, token.LogValue().String())
	}
}

func TestMemoryStoreRedactsItself(t *testing.T) {
	t.Parallel()
	s := NewMemoryStore()
	require.NoError(t, s.Save(t.Context(), "k", tokenWith(secret)))
	noSecret(t, "a *MemoryStore", s)
	noSecret(t, "a struct with a *MemoryStore", struct{ S *MemoryStore }{s})
	noSecret(t, "a TokenStore", TokenStore(s))
	assert.Equal(t, "MemoryStore(1 tokens)", s.String())
	assert.Equal(t, "MemoryStore(1 tokens)", fmt.Sprintf("%#v", s))
}

func TestMemoryStore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, s := range map[string]*MemoryStore{"NewMemoryStore": NewMemoryStore(), "zero value": {}} {
		load := func(key string) Token {
			token, err := s.Load(ctx, key)
			require.NoError(t, err)
			return token
		}
		assert.Zero(t, load("a"), name)
		require.NoError(t, s.Delete(ctx, "a", ""), name)
		require.NoError(t, s.Save(ctx, "a", tokenWith("1")))
		require.NoError(t, s.Save(ctx, "b", tokenWith("1")))
		assert.Equal(t, tokenWith("1"), load("a"), name)

		require.NoError(t, s.Save(ctx, "a", tokenWith("2")))
		assert.Equal(t, "2", load("a").Value, "%s: replaced", name)
		require.NoError(t, s.Delete(ctx, "a", "1"))
		assert.Equal(t, "2", load("a").Value, "%s: it was renewed since", name)
		require.NoError(t, s.Delete(ctx, "a", ""))
		assert.Equal(t, "2", load("a").Value, "%s: it has another value", name)
		require.NoError(t, s.Delete(ctx, "a", "2"))
		assert.Zero(t, load("a"), "%s: deleted", name)
		assert.Equal(t, "1", load("b").Value, "%s: another key with the same value", name)
		assert.Equal(t, "MemoryStore(1 tokens)", s.String(), name)
	}
}

func TestMemoryStoreSharesNoMap(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := NewMemoryStore()
	saved := tokenWith("1")
	require.NoError(t, s.Save(ctx, "k", saved))
	saved.Extra["k"] = "changed by who saved it"
	first, err := s.Load(ctx, "k")
	require.NoError(t, err)
	first.Extra["k"] = "changed by who loaded it"
	second, err := s.Load(ctx, "k")
	require.NoError(t, err)
	assert.Equal(t, tokenWith("1"), second)
}

func TestMemoryStoreByManyCallers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	s := NewMemoryStore()
	var group sync.WaitGroup
	for i := range 32 {
		group.Go(func() {
			for j := range 50 {
				value := strconv.Itoa(i*100 + j)
				assert.NoError(t, s.Save(ctx, "shared", tokenWith(value)))
				got, err := s.Load(ctx, "shared")
				assert.NoError(t, err)
				if got.Extra != nil {
					got.Extra["k"] = value
				}
				assert.NoError(t, s.Delete(ctx, "shared", value))
				_ = s.String()
			}
		})
	}
	group.Wait()
	got, err := s.Load(ctx, "shared")
	require.NoError(t, err)
	assert.Zero(t, got, "each value was deleted by who saved it, or replaced")
}
