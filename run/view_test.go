package run

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// shown is what a view brought.
type shown struct{ lines, stderr []string }

// read reads a view to its end, as a door does.
func (v *View) read(t *testing.T) shown {
	t.Helper()
	s, err := v.readAll(t)
	require.ErrorIs(t, err, io.EOF)
	return s
}

// says returns a test of events: whether one has a line that begins so.
func says(prefix string) func(Event) bool {
	return func(e Event) bool {
		for line := range e.Lines {
			if strings.HasPrefix(string(line.Bytes), prefix) {
				return true
			}
		}
		return false
	}
}

// awaitEvent reads events until one of them is like that.
func (v *View) awaitEvent(t *testing.T, like func(Event) bool) {
	t.Helper()
	for {
		event, err := v.Next()
		if err == nil && like(event) {
			return
		}
		if err != nil {
			require.ErrorIs(t, err, ErrWait)
			v.await(t)
		}
	}
}

// readAll reads a view until it fails, the end of the run included.
func (v *View) readAll(t *testing.T) (s shown, err error) {
	t.Helper()
	for n := int64(0); ; {
		event, err := v.Next()
		switch {
		case errors.Is(err, ErrWait):
			v.await(t)
			continue
		case err != nil:
			return s, err
		case event.Frame != nil:
			s.stderr = append(s.stderr, event.Frame.Stderr)
		}
		for line := range event.Lines {
			text, err := io.ReadAll(line.Reader())
			if err != nil {
				return s, err
			}
			require.True(t, n == 0 && line.N > v.after || line.N == n+1, "line %d after %d", line.N, n)
			s.lines, n = append(s.lines, string(text)), line.N
		}
	}
}

// await waits until there may be more.
func (v *View) await(t *testing.T) {
	t.Helper()
	select {
	case <-v.Grown():
	case <-v.run.Done():
	case <-time.After(patience):
		require.FailNow(t, "the view does not end")
	}
}

func TestAViewShowsEverythingInOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `i=0; while [ $i -lt 500 ]; do echo $i; echo "e$i" >&2; i=$((i+1)); done; printf 'no newline'; printf 'nor here' >&2`, nil)
	r, view := h.submit(t)
	s := view.read(t)
	require.Len(t, s.lines, 501)
	require.Len(t, s.stderr, 501)
	for i := range 500 {
		require.Equal(t, fmt.Sprint(i), s.lines[i])
		require.Equal(t, fmt.Sprint("e", i), s.stderr[i])
	}
	require.Equal(t, "no newline", s.lines[500])
	require.Equal(t, "nor here", s.stderr[500])
	_, err := view.Next()
	require.ErrorIs(t, err, io.EOF, "the end stays the end")
	require.Equal(t, schema.Succeeded, r.end(t).State)
	view.Leave(ClientGone)
}

func TestViewsGoTheirOwnWays(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `i=1; while [ $i -le 300 ]; do echo $i; i=$((i+1)); done`, nil)
	r, all := h.submit(t)
	var views []*View
	for _, after := range []int64{0, 1, 299, 300} {
		view, err := r.View(after)
		require.NoError(t, err)
		views = append(views, view)
	}
	require.Len(t, all.read(t).lines, 300)
	for i, want := range []int{300, 299, 1, 0} {
		lines := views[i].read(t).lines
		require.Len(t, lines, want)
		if want > 0 {
			require.Equal(t, fmt.Sprint(301-want), lines[0])
			require.Equal(t, "300", lines[want-1])
		}
		views[i].Leave(ClientGone)
	}
	all.Leave(ClientGone)
	require.Equal(t, schema.Succeeded, r.end(t).State)
	require.DirExists(t, r.output.dir, "the output is kept")
}

func TestAViewTellsHowMuchOfStderrItLeavesOut(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("e", 1023)
	h := newHouse(t, `yes '`+line+`' | head -c 3145738 >&2; echo ok`, nil)
	r, view := h.submit(t)
	s := view.read(t)
	require.Equal(t, []string{"ok"}, s.lines)
	require.Len(t, s.stderr, 1025)
	require.Equal(t, line, s.stderr[1023])
	require.Equal(t, "(2097162 more bytes of stderr were left out)", s.stderr[1024])
	require.Equal(t, schema.Succeeded, r.end(t).State)
	view.Leave(ClientGone)
}

func TestAViewThatEndsExactlyAtTheLimitLeavesNothingOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `yes '`+strings.Repeat("e", 255)+`' | head -c 1048576 >&2`, nil)
	_, view := h.submit(t)
	require.Len(t, view.read(t).stderr, 1048576/256)
	view.Leave(ClientGone)
}

func TestAViewHidesASecretThatTheLimitCuts(t *testing.T) {
	t.Parallel()
	for _, shownOfIt := range []int{5, len(secret) - 1, len(secret)} {
		h := newHouse(t, fmt.Sprintf(`head -c %d /dev/zero | tr '\0' x >&2; echo '%s and more' >&2`, maxStderr-shownOfIt, secret), nil)
		_, view := h.submit(t)
		s := view.read(t)
		require.Len(t, s.stderr, 2)
		require.True(t, strings.HasSuffix(s.stderr[0], "x[masked]"), "%d", shownOfIt)
		view.Leave(ClientGone)
	}
}

func TestAViewLeavesOutALineThatTheOutputLimitCuts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`yes 1234567 | head -c 8192`:                 1024, // all of it
		`yes 1234567 | head -c 8191`:                 1024, // the last one without newline
		`yes 1234567 | head -c 8190; printf xx`:      1024, // just fits
		`yes 1234567 | head -c 8190; printf xxx`:     1023,
		`yes 1234567 | head -c 8192; echo`:           1024,
		`yes 1234567 | tr -d '\n' | head -c 8193`:    0,
		`yes 1234567 | head -c 80; yes | tr -d '\n'`: 10,
	} {
		h := newHouse(t, text, func(c *Config) { c.MaxOutput = 8192 })
		_, view := h.submit(t)
		require.Len(t, view.read(t).lines, want, text)
		view.Leave(ClientGone)
	}
}
