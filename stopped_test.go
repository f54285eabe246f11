package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// An agent that is told to end may still finish its turn. That does not make a run that was
// too long a success.
func TestS13ResultThatComesOfBeingStoppedIsNone(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=3s")
	e := s.run(t, script(
		`trap 'echo "{\"type\":\"result\",\"is_error\":false}"; exit 0' TERM`,
		`echo '{"type":"system","subtype":"init"}'`,
		`while :; do sleep 0.02; done`))
	requireEnd(t, e, schema.TimeoutWall)
	require.Len(t, e.lines, 2, "what it printed is shown all the same")
}

// The agent is told first: one whose tool dies before it would go on with the next step.
func TestS08AgentIsToldBeforeItsTools(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=3s")
	e := s.run(t, script(
		`(trap 'echo tool; exit 0' TERM; while :; do sleep 0.02; done) &`,
		`trap 'echo agent; kill $!; wait; exit 0' TERM; wait`))
	requireEnd(t, e, schema.TimeoutWall)
	require.Equal(t, []string{"agent", "tool"}, e.lines)
}
