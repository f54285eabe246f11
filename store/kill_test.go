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

// child starts and ends runs, half of them in conversations, in its working directory, and prints what it was told is
// on disk: "<state> <id>".
func child() {
	s, err := Open(context.Background(), "spool.db")
	if err != nil {
		fmt.Println("failed", err)
		return
	}
	together(8, func(i int) error {
		for i%2 == 0 {
			if err := converse(s); err != nil {
				return err
			}
		}
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

// converse has two turns in a new conversation.
func converse(s *Store) error {
	ctx := context.Background()
	c := newConversation("ann")
	err := s.InsertConversation(ctx, c)
	for i := 0; i < 2 && err == nil; i++ {
		run, turn := newTurn("ann", c.ID, "prompt", c.Head)
		if c, err = s.InsertTurn(ctx, run, turn); err != nil {
			return err
		}
		fmt.Printf("%s %s\n", run.State, run.ID)
		run = ended(run, schema.Succeeded, time.Now())
		run.Usage = &schema.Usage{Turns: 1}
		if err := s.Update(ctx, run); err != nil {
			return err
		}
		fmt.Printf("%s %s\n", run.State, run.ID)
		answer := &Message{Message: schema.Message{Content: "answer"}}
		if _, err := s.EndTurn(ctx, "ann", TurnEnd{Conversation: c.ID, Run: run.ID, Answer: answer}); err != nil {
			return err
		}
		c, err = s.ClearActive(ctx, "ann", c.ID, run.ID)
	}
	return err
}

// requireWholeTurns looks at what a killed child has left of conversations: all or nothing of each turn.
func requireWholeTurns(t *testing.T, s *Store) {
	t.Helper()
	list, err := s.Conversations(t.Context(), "ann")
	require.NoError(t, err)
	active := map[string]bool{}
	for _, c := range list {
		path, err := s.Path(t.Context(), "ann", c.ID, c.Head)
		require.NoError(t, err)
		require.Len(t, path, c.MessageCount)
		require.Equal(t, c.Active != "" && c.Active != c.Ended, c.MessageCount%2 == 1, "a prompt without an answer has a run")
		require.Equal(t, int64(c.MessageCount/2), c.Usage.Turns)
		active[c.Active] = true
	}
	unfinished, err := s.Unfinished(t.Context())
	require.NoError(t, err)
	for _, run := range unfinished {
		require.True(t, run.Conversation == "" || active[run.ID], "a run of a conversation is active in it")
	}
	usage, err := s.Usage(t.Context(), UsageFilter{})
	require.NoError(t, err)
	ended, err := s.Runs(t.Context(), Filter{User: "ann", State: schema.Succeeded})
	require.NoError(t, err)
	if len(ended) > 0 {
		require.Len(t, usage, 1)
		require.Equal(t, int64(len(ended)), usage[0].Turns)
	}
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
		requireWholeTurns(t, s)
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
