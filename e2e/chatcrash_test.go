//go:build linux

package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// requireWholeJournal fails unless a conversation's journal, read anew from its first frame, has
// every seq once and exactly one end for each run. It returns the ends.
func (s *server) requireWholeJournal(id string) []told {
	s.w.t.Helper()
	c := s.chat()
	ack := c.subscribe(id, fields{"history": true})
	require.False(s.w.t, ack.IsProcessing)
	var ends []told
	runs := map[string]bool{}
	for c.last(id) < ack.LastSeq {
		c.next()
	}
	require.EqualValues(s.w.t, 1, c.seen[0].Seq)
	for _, f := range c.seen {
		runs[f.RunID] = true
		if f.Kind == "complete" {
			ends = append(ends, f)
		}
	}
	require.Len(s.w.t, ends, len(runs), "one end for each run")
	for i, end := range ends {
		require.Len(s.w.t, c.of(end.RunID, "complete"), 1)
		require.Len(s.w.t, c.of(end.RunID, "permission_cancelled"), len(c.of(end.RunID, "permission_request")))
		require.Equal(s.w.t, "text", c.of(end.RunID, "text")[0].Kind)
		require.Equal(s.w.t, "user", c.of(end.RunID, "text")[0].Role, "run %d", i)
	}
	return ends
}

// killedAmid begins a conversation with prompts that are answered, and kills the server in the
// middle of the answer to one more, in which the agent holds.
func (s *server) killedAmid(held string, answered ...string) (id, epoch string, c *chatter) {
	s.w.t.Helper()
	id, c = s.open(), s.chat()
	epoch = c.subscribe(id).Epoch
	for _, prompt := range answered {
		c.turn(id, prompt)
	}
	c.send(id, held)
	c.hear("held ")
	s.kill()
	return id, epoch, c
}

// connect goes on at the next server behind the last frame that the client has.
func (c *chatter) connect(s *server, id, epoch string) (next *chatter, ack told) {
	c.w.t.Helper()
	next = s.chat()
	next.seen = c.seen
	ack = next.subscribe(id, fields{"lastSeq": c.last(id), "epoch": epoch, "history": true})
	require.Equal(c.w.t, "complete", ack.Replay, ack.raw)
	return next, ack
}

// text is all that a client has seen of a run's answer as it was written.
func (c *chatter) text(run string) (text string) {
	for _, f := range c.of(run, "stream_delta") {
		text += f.Content
	}
	return text
}

// The first turn of a process, and one that writes behind others into the process's file.
func TestD1_AnAnswerInAConversationGoesOnAcrossTheDeathOfItsServer(t *testing.T) {
	for name, before := range map[string][]string{"first turn": nil, "second turn": {"one"}} {
		for way, early := range map[string]bool{"the CLI goes on": false, "the CLI ends meanwhile": true} {
			t.Run(name+", "+way, func(t *testing.T) {
				w := newWorld(t)
				id, epoch, c := w.serve().killedAmid("[[hold]]", before...)
				run := c.seen[len(c.seen)-1].RunID
				if early {
					w.api.Release()
					w.awaitNoCLI()
				} else {
					w.serve().kill() // and of the next one, which had taken the run over
				}

				next := w.serve()
				c, ack := c.connect(next, id, epoch)
				require.True(t, early || ack.IsProcessing)
				w.api.Release()
				if c.last(id) < ack.LastSeq || ack.IsProcessing {
					require.True(t, c.until("complete").Success)
				}
				require.Equal(t, "held released", c.text(run))
				require.Len(t, c.of(run, "complete"), 1)

				c.turn(id, "go on")
				var said []string
				for _, prompt := range before {
					said = append(said, firstTurn(prompt)...)
				}
				require.Equal(t, append(said, "user: [[hold]]", "assistant: held released", "user: go on"), w.lastRequest())
				require.Len(t, next.requireWholeJournal(id), len(before)+2)
				require.Equal(t, append(w.lastRequest(), "assistant: "+api.Greeting), next.messages(id))
				require.Len(t, w.sessions(), 1)
			})
		}
	}
}

func TestD1_AnInterruptedTurnIsToldAndTheNextMessageWorks(t *testing.T) {
	w := newWorld(t)
	id, epoch, c := w.serve("--on-restart=stop").killedAmid("[[hold]]", "one")

	next := w.serve("--on-restart=stop")
	c, _ = c.connect(next, id, epoch)
	end := c.until("complete")
	require.False(t, end.Success)
	require.Equal(t, "INTERRUPTED", end.Code)
	w.api.Release()
	c.turn(id, "go on")
	require.Equal(t, append(firstTurn("one"), "user: [[hold]]\n\ngo on"), w.lastRequest(), "what was not answered is asked again")
	require.Len(t, next.requireWholeJournal(id), 3)
	require.Contains(t, next.messages(id), "user: [[hold]]")
}

// A process whose server has died can be answered by nobody: it goes on without.
func TestD1_ARequestForAnApprovalIsCancelledByTheDeathOfTheServer(t *testing.T) {
	for name, before := range map[string][]string{"first turn": nil, "second turn": {"one"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.serve()
			id, c := s.open(), s.chat()
			epoch := c.subscribe(id).Epoch
			for _, prompt := range before {
				c.turn(id, prompt)
			}
			asked := c.askedFor(id, "[[bash touch made]]")
			s.kill()

			next := w.serve()
			c, ack := c.connect(next, id, epoch)
			require.Empty(t, ack.PendingPermissions)
			c.requireAnswered(asked, "cancelled")
			require.Equal(t, "cancelled", next.approval(asked.RequestID).State)
			require.NoFileExists(t, filepath.Join(w.workspace, "made"))
			c.answer(asked.RequestID, true)
			require.Equal(t, "APPROVAL_GONE", c.refused())
			require.Equal(t, "1 2 ", c.turn(id, "[[words 2]]").Result)
			require.Contains(t, w.lastRequest()[0], append(before, "[[bash touch made]]")[0])
			require.NoFileExists(t, filepath.Join(w.workspace, "made"))
			require.Len(t, next.requireWholeJournal(id), len(before)+2)
		})
	}
}

// Nobody can allow it any more.
func TestD1_AToolThatIsCalledAfterTheDeathOfTheServerIsNotRun(t *testing.T) {
	w := newWorld(t)
	id, epoch, c := w.serve().killedAmid("[[hold]] [[bash touch made]]")

	next := w.serve()
	c, ack := c.connect(next, id, epoch)
	require.True(t, ack.IsProcessing)
	w.api.Release()
	require.True(t, c.until("complete").Success)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	require.Equal(t, "1 2 ", c.turn(id, "[[words 2]]").Result)
	require.Len(t, next.requireWholeJournal(id), 2)
}

// By SIGINT, at which the CLI does not always have the time to say what there is of the answer. It is kept all the same.
func TestD1_AnAnswerThatWasTakenOverIsAborted(t *testing.T) {
	w := newWorld(t)
	id, epoch, c := w.serve().killedAmid("[[hold]]", "one")

	next := w.serve()
	c, _ = c.connect(next, id, epoch)
	c.say("chat.abort", fields{"sessionId": id})
	end := c.until("complete")
	require.True(t, end.Aborted)
	w.awaitNoCLI()
	require.Equal(t, append(firstTurn("one"), "user: [[hold]]", "assistant: held "), next.messages(id))
	require.Equal(t, "held ", c.text(end.RunID))
	w.api.Release()
	c.turn(id, "go on")
	for _, text := range []string{"one", "[[hold]]", "held ", "go on"} {
		require.Contains(t, strings.Join(w.lastRequest(), "\n"), text)
	}
	require.Len(t, next.requireWholeJournal(id), 3)
}

// What waits for a next message does not outlive its server, and is not missed.
func TestD1_AProcessThatWaitsGoesWithItsKilledServer(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	c.turn(id, "one")
	c.turn(id, "two")
	s.kill()
	w.awaitNoCLI()
	next := w.serve()
	c = next.chat()
	c.turn(id, "three")
	require.Equal(t, slices.Concat(firstTurn("one"), firstTurn("two"), []string{"user: three"}), w.lastRequest())
	for _, end := range next.requireWholeJournal(id) {
		require.Contains(t, next.output(end.RunID), `"type":"result"`)
		require.Equal(t, "succeeded", next.known(end.RunID).State)
	}
}

func TestD5_AStoppedServerTakesTheWaitingProcessesWithIt(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--session-idle=1h")
	c := s.chat()
	first, second := s.open(), s.open()
	c.send(first, "one")
	c.send(second, "two")
	c.until("complete")
	c.until("complete")
	require.Len(t, w.claudes(), 2)
	s.stop()
	require.Empty(t, w.claudes())

	s = w.serve()
	c = s.chat()
	c.turn(first, "three")
	require.Equal(t, append(firstTurn("one"), "user: three"), w.lastRequest())
	s.requireWholeJournal(first)
	s.requireWholeJournal(second)
}
