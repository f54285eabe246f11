// Package logtest is for tests only: it keeps what programs and goroutines write while a test
// reads it.
package logtest

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Buffer is a log, or a process's output, that is written and read at once. Its zero value is empty.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

// Write adds text. It never fails.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String returns what was written so far.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Tail returns the last n bytes, or all if there are fewer.
func (b *Buffer) Tail(n int) string {
	text := b.String()
	return text[max(0, len(text)-n):]
}

// Lines returns the lines, in their order, that contain all of these texts.
func (b *Buffer) Lines(texts ...string) (lines []string) {
	for line := range strings.Lines(b.String()) {
		if !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(line, text) }) {
			lines = append(lines, line)
		}
	}
	return lines
}

// Count returns how often a text is there.
func (b *Buffer) Count(text string) int { return strings.Count(b.String(), text) }

// patience bounds a wait. It is reached only by a failure.
const patience = 60 * time.Second

// Await waits until a text is there. If it does not come the test fails, and shows what there is.
func (b *Buffer) Await(t testing.TB, text string) {
	t.Helper()
	there := func() bool { return b.Count(text) > 0 }
	require.Eventually(t, there, patience, 5*time.Millisecond, "%q is not in: %s", text, b)
}
