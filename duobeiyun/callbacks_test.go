package duobeiyun_test

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/edusdk/edusdk"
	"github.com/edusdk/edusdk/duobeiyun"
)

// unruly is a document whose measuring does something else than to return.
type unruly struct {
	*strings.Reader

	do func()
}

func (u unruly) Seek(offset int64, whence int) (int64, error) {
	u.do()
	return u.Reader.Seek(offset, whence)
}

func TestADocumentThatCannotBeMeasured(t *testing.T) {
	boom := errors.New("boom")
	for name, tt := range map[string]struct {
		do       func()
		panicked any
		kind     edusdk.Kind
		elapsed  time.Duration // the longest; ctx ends after a minute
	}{
		"panics": {func() { panic(boom) }, boom, 0, 0},
		"exits":  {runtime.Goexit, nil, edusdk.ErrInvalidArgument, 0},
		"blocks": {func() { time.Sleep(24 * time.Hour) }, nil, edusdk.ErrDeadlineExceeded, time.Minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := duobeiyun.New(duobeiyun.Config{Partner: "partner", AppKey: "app-key"}, edusdk.WithTransport(http.NewFileTransport(nil)))
				require.NoError(t, err)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				start := time.Now()
				value := func() (value any) {
					defer func() { value = recover() }()
					_, err = c.Documents.Upload(ctx, &duobeiyun.UploadRequest{Name: "a.pdf", Content: unruly{strings.NewReader("content"), tt.do}})
					return nil
				}()
				assert.Equal(t, tt.panicked, value)
				assert.LessOrEqual(t, time.Since(start), tt.elapsed)
				if tt.panicked == nil {
					var e *edusdk.Error
					require.ErrorAs(t, err, &e)
					assert.Equal(t, tt.kind, e.Kind, "Kind of: %v", e)
					assert.Equal(t, "Documents.Upload", e.Op)
					assert.False(t, e.MaybeApplied)
				}
				time.Sleep(100 * time.Hour) // in the bubble, for what blocks
			})
		})
	}
}
