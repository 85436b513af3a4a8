package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(machine{m})
}

// machine runs the tests, and then ends what they share.
type machine struct{ *testing.M }

func (m machine) Run() int {
	code := m.M.Run()
	if err := shared.close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

// shared is what all tests use: the classroom's program and the browser, each made when
// the first test wants it.
var shared = &workshop{}

type workshop struct {
	mu      sync.Mutex
	folder  string // of the program, and of the browser's data
	program string
	browser context.Context
	end     []func() error // last things first
}

// chromium returns the path of the browser.
func chromium(t *testing.T) string {
	t.Helper()
	const variable = "EDUSDK_TEST_BROWSER"
	path := os.Getenv(variable)
	if path == "" && os.Getenv("EDUSDK_TEST_SERVICES") == "required" {
		t.Fatal(variable + " is not set")
	}
	if path == "" {
		t.Skip(variable + " is not set: run the tests by .ci/browser")
	}
	return path
}

// dir returns the folder, and makes it at the first call. The caller holds mu.
func (w *workshop) dir() (string, error) {
	if w.folder != "" {
		return w.folder, nil
	}
	folder, err := os.MkdirTemp("", "classroom-browser-")
	if err != nil {
		return "", err
	}
	w.folder = folder
	w.end = append(w.end, func() error { return os.RemoveAll(folder) })
	return folder, nil
}

// classroom returns the path of the classroom's program.
func (w *workshop) classroom(ctx context.Context) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.program != "" {
		return w.program, nil
	}
	folder, err := w.dir()
	if err != nil {
		return "", err
	}
	program := filepath.Join(folder, "classroom")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the classroom does not build: %w\n%s", err, out)
	}
	w.program = program
	return program, nil
}

// chrome returns the context of the browser, of which each tab's is a child.
func (w *workshop) chrome(path string) (context.Context, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.browser != nil {
		return w.browser, nil
	}
	folder, err := w.dir()
	if err != nil {
		return nil, err
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options,
		chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(folder, "data")), chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
		// What a page wants from elsewhere fails at once, and nothing looks up a name.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("hide-scrollbars", true),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator, chromedp.WithErrorf(func(string, ...any) {}))
	if err := chromedp.Do(ctx); err != nil { // starts it
		endAllocator()
		return nil, fmt.Errorf("%s does not start: %w", path, err)
	}
	w.end = append(w.end, func() error {
		err := chromedp.Cancel(ctx)
		endAllocator()
		return err
	})
	w.browser = ctx
	return ctx, nil
}

func (w *workshop) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for i := len(w.end) - 1; i >= 0; i-- {
		errs = append(errs, w.end[i]())
	}
	return errors.Join(errs...)
}
