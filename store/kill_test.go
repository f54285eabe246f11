package store

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// childMark is set in the environment of a test binary that is to write until it is killed.
const childMark = "STORE_TEST_CHILD"

// child starts and ends runs, in its working directory, and prints what it was told is on disk: "<state> <id>".
func child() {
	s, err := Open(context.Background(), "spool.db")
	if err != nil {
		fmt.Println("failed", err)
		return
	}
	together(8, func(int) error {
		for {
			run := newRun()
			if err := s.Insert(context.Background(), run); err != nil {
				return err
			}
			fmt.Printf("%s %s\n", run.State, run.ID)
			run = ended(run, schema.Succeeded, time.Now())
			if err := s.Update(context.Background(), run); err != nil {
				return err
			}
			fmt.Printf("%s %s\n", run.State, run.ID)
		}
	})
}

func TestD01WhatWasAcknowledgedOutlivesAKill(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	random := rand.New(rand.NewPCG(1, 2))
	acknowledged := map[string]schema.State{}
	epoch := int64(0)
	for round := range 20 {
		killAfter(t, path, 1+random.IntN(100), acknowledged)
		s, err := Open(t.Context(), path)
		require.NoError(t, err, "round %d", round)
		require.Equal(t, epoch+2, s.Epoch(), "the child's and ours")
		epoch = s.Epoch()
		for id, state := range acknowledged {
			run, err := s.Run(t.Context(), id)
			require.NoError(t, err)
			require.True(t, run.State == state || run.State.Final(), "%s: %s, and %s was acknowledged", id, run.State, state)
		}
		require.NoError(t, s.Close())
	}
}

// killAfter runs a child, kills it after so many lines, and adds all that it printed to acknowledged.
func killAfter(t *testing.T, path string, lines int, acknowledged map[string]schema.State) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childMark+"=1")
	cmd.Dir = filepath.Dir(path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	scanner := bufio.NewScanner(out)
	for n := 1; scanner.Scan(); n++ {
		state, id, _ := strings.Cut(scanner.Text(), " ")
		require.NotEqual(t, "failed", state, id)
		if acknowledged[id] == "" || schema.State(state).Final() {
			acknowledged[id] = schema.State(state)
		}
		if n == lines {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
}
