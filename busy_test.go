package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestP13ASecondPayloadChangesNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	gate := t.TempDir() + "/gate"
	c, _ := s.begin(t, script("echo first; until [ -e "+gate+" ]; do sleep 0.05; done; echo last"))
	require.Equal(t, "first", c.next())
	for range 3 {
		c.prompt("second")
		requireBusy(t, c.next())
	}
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
	e := c.rest()
	require.Equal(t, []string{"last"}, e.lines)
	require.EqualValues(t, schema.CloseDone, e.code)
	require.Len(t, s.started(t), 1, "one prompt, one start")
}

func TestP13TheFourthPayloadTooManyEndsTheRun(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	c, _ := s.begin(t, script("sleep 600 & echo first; wait"))
	require.Equal(t, "first", c.next())
	for range 3 {
		c.prompt("second")
		requireBusy(t, c.next())
	}
	c.prompt("fifth")
	e := c.rest()
	require.Equal(t, schema.Busy, e.err.Code)
	require.EqualValues(t, schema.ClosePolicy, e.code)
	s.awaitNoSurvivors(t, 3*time.Second)
	require.Len(t, s.started(t), 1)
}

func TestP13WhatIsSentDuringTheRunIsCountedWhateverItIs(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	c := s.rawRun(t, script("sleep 600"))
	for range 4 {
		c.write(frame(finBit|opText, `{`))
	}
	e := c.rest()
	require.Equal(t, schema.Busy, e.err.Code)
	require.EqualValues(t, schema.ClosePolicy, e.code)
	s.awaitNoSurvivors(t, 3*time.Second)
}

func requireBusy(t *testing.T, text string) {
	t.Helper()
	var e end
	e.add(text)
	require.Equal(t, schema.Busy, e.err.Code, text)
	require.NotEmpty(t, e.err.Text)
}
