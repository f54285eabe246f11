package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// drawable is a progress of which the test decides when it draws.
func drawable(to *bytes.Buffer, width int) *progress {
	return &progress{to: to, width: func() int { return width }, end: make(chan struct{}), status: status{doing: "connecting", began: time.Unix(0, 0)}}
}

func TestProgressTellsHowTheRunGoes(t *testing.T) {
	t.Parallel()
	var terminal bytes.Buffer
	p := drawable(&terminal, 80)
	at := time.Now()
	p.status.began = at
	for _, step := range []struct {
		news  func()
		after time.Duration
		want  string
	}{
		{func() {}, 0, "connecting, 0s"},
		{func() { p.news(envelope{T: "info", Info: schema.InfoSend}, at) }, time.Second, "connecting, 1s"},
		{func() { p.news(envelope{T: "info", Info: schema.InfoRun}, at) }, 1500 * time.Millisecond, "running, 1s"},
		{func() { p.news(envelope{T: "info", Info: schema.InfoQueued, Position: 2}, at) }, 2 * time.Second, "queued, 2s, position 2"},
		{func() { p.news(envelope{T: "info", Info: schema.InfoQueued, Position: 1}, at) }, 61 * time.Second, "queued, 1m1s, position 1"},
		{func() { p.count(34) }, 62 * time.Second, "running, 1m2s, 34 lines"},
		{func() { p.news(envelope{T: "info", Info: schema.InfoDeadline, InSeconds: 100}, at) }, 70 * time.Second, "running, 1m10s, 34 lines, deadline in 30s"},
		{func() { p.loss(nil)(errHelp) }, 71 * time.Second, "connecting again, 1m11s, 34 lines, deadline in 29s"},
		{func() { p.news(envelope{T: "stderr"}, at) }, 200 * time.Second, "running, 3m20s, 34 lines"},
	} {
		terminal.Reset()
		step.news()
		p.draw(at.Add(step.after))
		require.Equal(t, clearLine+step.want, terminal.String())
		terminal.Reset()
		p.draw(at.Add(step.after))
		require.Empty(t, terminal.String(), "nothing has changed")
	}
}

func TestProgressMakesRoomForWhatIsPrinted(t *testing.T) {
	t.Parallel()
	var terminal bytes.Buffer
	p := drawable(&terminal, 80)
	p.hide()
	require.Empty(t, terminal.String(), "nothing stands there")
	p.draw(time.Unix(1, 0))
	require.Empty(t, terminal.String(), "it is hidden")
	p.show()
	p.draw(time.Unix(1, 0))
	require.Equal(t, clearLine+"connecting, 1s", terminal.String())
	terminal.Reset()
	p.hide()
	p.hide()
	require.Equal(t, clearLine, terminal.String())
}

// A line that the terminal would break could not be taken away.
func TestProgressFitsTheTerminal(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{15: "connecting, 1s", 14: "connecting, 1", 2: "c", 1: "", 0: ""} {
		var terminal bytes.Buffer
		p := drawable(&terminal, width)
		p.draw(time.Unix(1, 0))
		if want != "" {
			want = clearLine + want
		}
		require.Equal(t, want, terminal.String(), width)
	}
}

func TestWithoutATerminalThereIsNoProgress(t *testing.T) {
	t.Parallel()
	p := newProgress(&bytes.Buffer{})
	require.Nil(t, p)
	p.hide()
	p.show()
	p.count(1)
	p.doing("nothing")
	p.news(envelope{T: "info", Info: schema.InfoRun}, time.Now())
	p.stop()
	var errs bytes.Buffer
	p.loss(&errs)(errHelp)
	require.Equal(t, "spool: the connection was lost (help was printed): connecting again\n", errs.String())
}
