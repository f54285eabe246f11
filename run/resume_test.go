package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestResumeGoesOnWithTheSessionOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `echo "$@";`+sessionLine+resultLine, nil)
	earlier, view := h.submit(t)
	require.NotContains(t, view.read(t).lines[0], "--resume")
	view.Leave(ClientGone)
	require.Equal(t, schema.Succeeded, earlier.end(t).State)
	require.NoError(t, h.removeOutput(t.Context(), []string{earlier.ID}))

	later, view := h.submit(t, func(q *Request) { q.Resume = earlier.ID })
	require.Contains(t, view.read(t).lines[0], " --resume="+session+" --fork-session")
	view.Leave(ClientGone)
	later.end(t)
	require.Equal(t, earlier.ID, later.Info().Resume)
	require.NotContains(t, string(schema.Encode(later.Info())), session, "it never leaves the server")
}

// The session of a conversation's run may have gone on since.
func TestResumeEndsTheCopyWhereTheRunDid(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	first, _ := c.turn("hello")
	c.turn("hello")
	later, view := h.submit(t, func(q *Request) { q.Resume = first.ID })
	defer view.Leave(ClientGone)
	later.end(t)
	require.Contains(t, strings.Join(h.argLines(t), "\n"), " --resume="+session+" --fork-session --resume-session-at="+first.LastUUID())
}

func TestResumeRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.submit(t)
	for name, test := range map[string]struct{ resume, text string }{
		"an unknown run":     {newID(), "resume: there is no such run"},
		"no run at all":      {"../../etc/passwd", "resume: there is no such run"},
		"a run that goes on": {r.ID, "resume: that run still goes on"},
	} {
		err := h.ask(t, func(q *Request) { q.Resume = test.resume })
		requireCode(t, schema.InvalidOption, err)
		require.Contains(t, err.Error(), test.text, name)
	}
	h.open(t, "gate")
	r.end(t)
	view.Leave(ClientGone)
	err := h.ask(t, func(q *Request) { q.Resume = r.ID })
	requireCode(t, schema.InvalidOption, err)
	require.Contains(t, err.Error(), "that run has no session to continue")
}
