package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestS06WhatIsNotUTF8IsReplacedAndTheConnectionLives(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for _, test := range []struct{ print, want string }{
		{`printf 'a\000b\377\376\n'`, "a\x00b\ufffd\ufffd"},
		{`printf '\033[31mred\033[0m\n'`, "\x1b[31mred\x1b[0m"},
		{`printf '\300\257\n'`, "\ufffd\ufffd"},                     // overlong
		{`printf '\355\240\200x\n'`, "\ufffd\ufffd\ufffdx"},         // a surrogate
		{`printf '\303\n'`, "\ufffd"},                               // cut short by the line's end
		{`printf 'no newline \342\202'`, "no newline \ufffd\ufffd"}, // cut short by the file's end: each byte is replaced
	} {
		e := s.run(t, script(test.print, "echo after >&2"))
		requireEnd(t, e, "")
		require.Equal(t, []string{test.want}, e.lines, test.print)
		require.Equal(t, []string{"after"}, e.stderr)
	}
}

func TestS06ARuneMayComeInTwoWrites(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.run(t, script(`printf '\342\202'; sleep 0.05; printf '\254 and \360\237'; sleep 0.05; printf '\230\200\n'`))
	requireEnd(t, e, "")
	require.Equal(t, []string{"€ and 😀"}, e.lines)
}

func TestS06ARuneMayCrossTheEdgeOfEveryBuffer(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	const euros = 100_000 // 300,000 bytes: buffers of any power of two end inside one
	e := s.run(t, script(`yes € | tr -d '\n' | head -c 300000; printf '\377\n'`))
	requireEnd(t, e, "")
	require.Len(t, e.lines, 1)
	require.Len(t, []rune(e.lines[0]), euros+1)
	require.Len(t, e.lines[0], 3*euros+3, "nothing but the last byte was replaced")
}

func TestS06StderrIsUTF8Too(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.run(t, script(`printf 'a\000b\377x "quoted" \\ \033[1m\n' >&2; exit 1`))
	require.Equal(t, []string{"a\x00b\ufffdx \"quoted\" \\ \x1b[1m"}, e.stderr)
	require.Equal(t, 1011, e.code, "also the reason in the close frame is UTF-8")
}

// A line is sent when it is whole, and while the process goes on.
func TestALineArrivesBeforeTheProcessEnds(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, _ := s.begin(t, script("echo one; sleep 0.3; echo two; sleep 600"))
	require.Equal(t, "one", c.next())
	start := time.Now()
	require.Equal(t, "two", c.next())
	require.Less(t, time.Since(start), 2*time.Second)
}
