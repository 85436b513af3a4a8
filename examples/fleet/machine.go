package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// machine is a worker that was started.
type machine struct {
	worker

	process *exec.Cmd
	stdin   io.Closer
	stderr  bytes.Buffer
	ready   chan struct{} // closed once it serves
	gone    chan struct{} // closed once the process has ended
	err     error         // why it ended, once gone is closed

	mu     sync.Mutex
	status status
	killed bool
}

// startMachine starts a machine, which ends with ctx at the latest.
func startMachine(ctx context.Context, w worker) (*machine, error) {
	text, err := json.Marshal(w)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	m := &machine{worker: w, process: exec.CommandContext(ctx, program), ready: make(chan struct{}), gone: make(chan struct{})} //nolint:gosec // it is this program
	m.process.Env = append(os.Environ(), workerVariable+"="+string(text))
	m.process.Stderr = &m.stderr
	if m.stdin, err = m.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := m.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.process.Start(); err != nil {
		return nil, err
	}
	go m.follow(out)
	return m, nil
}

// follow takes in what the machine tells of itself, until it is gone.
func (m *machine) follow(out io.Reader) {
	defer close(m.gone)
	var told status
	for lines := json.NewDecoder(out); lines.Decode(&told) == nil; {
		m.mu.Lock()
		first := m.status.Address == ""
		m.status = told
		m.mu.Unlock()
		if first {
			close(m.ready)
		}
	}
	m.err = m.process.Wait()
}

// wait waits until the machine serves players.
func (m *machine) wait() error {
	select {
	case <-m.ready:
		return nil
	case <-m.gone:
		return m.failure()
	}
}

// kill kills the machine, as a power failure would.
func (m *machine) kill() {
	m.mu.Lock()
	m.killed = true
	m.mu.Unlock()
	_ = m.process.Process.Kill()
	<-m.gone
}

// stop lets the machine end its work.
func (m *machine) stop() error {
	_ = m.stdin.Close()
	select {
	case <-m.gone:
	case <-time.After(15 * time.Second):
		_ = m.process.Process.Kill()
		<-m.gone
	}
	return m.failure()
}

// failure returns why the machine is gone, if it was not killed.
func (m *machine) failure() error {
	if _, killed := m.now(); m.err == nil || killed {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", m.Name, m.err, strings.TrimSpace(m.stderr.String()))
}

// now returns how the machine is.
func (m *machine) now() (s status, killed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status, m.killed
}
