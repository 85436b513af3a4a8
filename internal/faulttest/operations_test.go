package faulttest

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/internal/catalog"
)

// Every vendor of the catalog is in the list: one that is added is not forgotten.
func TestEveryVendorIsListed(t *testing.T) {
	t.Parallel()
	var known, listed []string
	for _, v := range catalog.Vendors {
		known = append(known, v.Name)
	}
	for _, v := range vendors {
		listed = append(listed, v.name)
	}
	assert.ElementsMatch(t, known, listed, "Vendors of internal/catalog/catalog.go, and vendors of internal/faulttest/vendors.go")
}

// Every client's Call refuses what its answer cannot be decoded into before
// anything is sent: afterwards, nobody would know whether it was carried out.
func TestEveryCallChecksWhereItsAnswerGoes(t *testing.T) {
	t.Parallel()
	for _, v := range vendors {
		for name, out := range map[string]any{"no pointer": struct{}{}, "a nil pointer": (*struct{})(nil), "a map": map[string]any{}} {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				srv := start(t, Healthy())
				defer srv.Close()
				srv.Answer = v.answer
				roots, err := v.open(srv.URL(), loggedIn{}, nil)
				require.NoError(t, err)
				defer closeIdle(roots)
				client := roots[0].(interface {
					Call(ctx context.Context, method, path string, args, out any) error
				})
				err = client.Call(t.Context(), http.MethodPost, "api/other", nil, out)
				var f *edusdk.FieldError
				require.ErrorAs(t, err, &f)
				assert.Equal(t, "out", f.Field)
				assert.Zero(t, srv.Executed())
			})
		}
	}
}
