package run

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// leftScript does what each name of a run says. It finds the end of its stdin when its
// server dies.
const leftScript = `read -r prompt
echo '{"type":"system","subtype":"init","session_id":"` + session + `"}'
echo "pid $$"
result() { echo '{"type":"result","is_error":'$1',"result":"the answer","num_turns":1,"usage":{"output_tokens":8}}'; }
trap 'echo "bye"; exit 0' TERM
case "$prompt" in
*goes-on*) echo ready; cat >/dev/null; gate; echo more; result false ;;
*stays*) trap '' INT; echo ready; spin ;;
*hangs*) echo ready; cat >/dev/null; result false; spin ;;
*answers*) echo ready; cat >/dev/null; result false ;;
*refuses*) echo ready; cat >/dev/null; result true; exit 1 ;;
*falls-silent*) echo ready; cat >/dev/null; echo more ;;
*deaf*) trap '' TERM INT; echo ready; spin ;;
*interruptible*) trap 'result true; exit 1' INT; echo ready; spin ;;
esac
`

// takeOver starts a server on the data directory of one that was killed.
func (e *earlier) takeOver(t *testing.T, change func(*Config)) house {
	t.Helper()
	return newHouseIn(t, e.dir, leftScript, change)
}

// run returns a run by its name.
func (e *earlier) run(t *testing.T, h house, name string) *Run {
	t.Helper()
	r, err := h.Open(t.Context(), e.IDs[name])
	require.NoError(t, err)
	return r
}

var pidLine = regexp.MustCompile(`(?m)^pid (\d+)$`)

// requireDead fails if the process that printed this is not dead. A zombie is.
func requireDead(t *testing.T, output string) {
	t.Helper()
	requireGone(t, pidLine.FindStringSubmatch(output)[1])
}

// age makes a run an hour older.
func (e *earlier) age(t *testing.T, name string) {
	t.Helper()
	o := &output{dir: filepath.Dir(e.output(name))}
	l, ok := o.readLaunched()
	require.True(t, ok)
	l.At = l.At.Add(-time.Hour)
	require.NoError(t, o.writeLaunched(l))
}

// awaitText waits until the output of a run has a text.
func (e *earlier) awaitText(t *testing.T, name, text string) {
	t.Helper()
	require.Eventually(t, func() bool { return strings.Contains(readText(t, e.output(name)), text) }, patience, 5*time.Millisecond)
}

// leaveAs is an order of a run that is detached.
func leaveAs(name string) order { return order{Name: name, Options: schema.Options{Detach: true}} }

// Every way in which a run may have been left.
func TestD02WhatAKilledServerLeavesIsDecided(t *testing.T) {
	t.Parallel()
	attached := func(name string) order { return order{Name: name} }
	stopped := order{Name: "deaf-stopped", Options: schema.Options{Detach: true}, Stopped: true}
	e := leave(t, leftScript, 12,
		leaveAs("goes-on"), leaveAs("answers"), leaveAs("refuses"), leaveAs("falls-silent"), leaveAs("hangs"),
		attached("stays-attached"), attached("answers-attached"), leaveAs("stays-late"), leaveAs("stays-not-prompted"), stopped,
		leaveAs("stays-lost"), attached("deaf"),
		leaveAs("waits"), attached("waits-attached"))
	for _, name := range []string{"answers", "refuses", "hangs", "answers-attached"} {
		e.awaitText(t, name, `"the answer"`)
	}
	e.awaitText(t, "falls-silent", "more\n")
	e.age(t, "stays-late")
	require.NoError(t, os.Remove((&output{dir: filepath.Dir(e.output("stays-not-prompted"))}).launchedPath()))
	texts := map[string]string{} // with the pids
	for name := range e.IDs {
		if text := readText(t, e.output(name)); name != "goes-on" && text != "" {
			texts[name] = text
		}
	}
	require.Len(t, texts, 11)
	require.NoError(t, os.RemoveAll(filepath.Dir(e.output("stays-lost"))))
	strangers := filepath.Join(e.dir, "data", "proc", newID())
	require.NoError(t, os.Mkdir(strangers, 0o700))
	other := filepath.Join(e.dir, "data", "proc", "somebody's own")
	require.NoError(t, os.WriteFile(other, nil, 0o600))

	h := e.takeOver(t, func(c *Config) { c.StopGrace, c.MaxRuns = time.Hour, 1 }) // it is not ready before that is over: no more than 3 s of it count
	require.NoDirExists(t, strangers)
	require.FileExists(t, other)
	require.NoError(t, os.Remove(other))
	for name, want := range map[string]struct {
		state schema.State
		code  schema.Code
		rung  string
	}{
		"answers":            {schema.Succeeded, "", "exit"},
		"refuses":            {schema.Failed, schema.APIError, "exit"},
		"falls-silent":       {schema.Interrupted, schema.RunInterrupted, "exit"},
		"hangs":              {schema.Succeeded, "", "SIGKILL"},
		"stays-attached":     {schema.Interrupted, schema.RunInterrupted, "SIGTERM"},
		"answers-attached":   {schema.Succeeded, "", "exit"},
		"stays-late":         {schema.TimedOut, schema.TimeoutWall, "SIGTERM"},
		"stays-not-prompted": {schema.Interrupted, schema.RunInterrupted, "SIGTERM"},
		"stays-lost":         {schema.Interrupted, schema.RunInterrupted, "SIGKILL"},
		"deaf-stopped":       {schema.Aborted, schema.RunAborted, "SIGKILL"},
		"deaf":               {schema.Interrupted, schema.RunInterrupted, "SIGKILL"},
		"waits":              {schema.Interrupted, schema.RunInterrupted, "exit"},
		"waits-attached":     {schema.Interrupted, schema.RunInterrupted, "exit"},
	} {
		r := e.run(t, h, name)
		r.end(t)
		info := r.Info()
		require.Equal(t, want.state, info.State, name)
		require.Equal(t, want.code, info.Code, name)
		require.Equal(t, schema.Stop{Rung: want.rung, Survivors: []int{}}, *info.Stop, name)
		require.Nil(t, info.Exit, name)
		require.Equal(t, string(schema.Encode(info)), string(schema.Encode(h.record(t, r).Run)), name)
		require.Len(t, h.log.Lines("run ended", r.ID), 1, name)
		if text, ok := texts[name]; ok {
			requireDead(t, text)
		}
	}

	// What goes on has its place, and others wait for it.
	r := e.run(t, h, "goes-on")
	running, queued := h.Counts()
	require.Equal(t, []int{1, 0}, []int{running, queued})
	next, view := h.submit(t, func(q *Request) { q.Prompt = "answers" })
	require.Equal(t, 1, next.Position())
	h.open(t, "gate")
	require.Equal(t, schema.Succeeded, r.end(t).State)
	next.await(t, func() bool { return next.State() == schema.Running })
	view.Leave(ClientGone)
}
