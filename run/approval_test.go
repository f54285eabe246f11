package run

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/store"
)

// awaitApprovals waits until so many of a run's requests are pending, and returns all.
func (r *Run) awaitApprovals(t *testing.T, pending int) []schema.Approval {
	t.Helper()
	r.await(t, func() bool {
		n := 0
		for _, a := range r.Approvals() {
			if a.State == schema.ApprovalPending {
				n++
			}
		}
		return n == pending && (r.State() == schema.Waiting) == (pending > 0)
	})
	return r.Approvals()
}

// asks begins a turn that asks, and returns it when it waits.
func (c *talk) asks(prompt string, n int) (*Run, *View, []schema.Approval) {
	c.t.Helper()
	r, view := c.begin(prompt)
	return r, view, r.awaitApprovals(c.t, n)
}

// approval is what the store knows of a request.
func (h house) approval(t *testing.T, id string) store.Approval {
	t.Helper()
	a, err := h.store.Approval(t.Context(), "", id)
	require.NoError(t, err)
	return a
}

func TestA10ARequestSaysWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.ApprovalTimeout = time.Hour })
	r, view, asked := c.asks("approve", 1)
	a := asked[0]
	require.Equal(t, ApprovalID(r.ID, "q1"), a.ID)
	require.Regexp(t, schema.ApprovalID, a.ID)
	require.Equal(t, r.ID, a.Run)
	require.Equal(t, c.id, a.Conversation)
	require.Equal(t, "Bash", a.Tool)
	require.JSONEq(t, `{"command":"rm 1"}`, string(a.Input))
	require.Len(t, a.InputHash, 64)
	require.Equal(t, "removes", a.Context.Description)
	require.Equal(t, "/x", a.Context.BlockedPath)
	require.Equal(t, "t1", a.Context.ToolUseID)
	require.Equal(t, time.Hour, a.ExpiresAt.Sub(a.CreatedAt))
	require.Equal(t, "q1", h.approval(t, a.ID).RequestID)

	pending, err := h.Approvals(t.Context(), "", c.id)
	require.NoError(t, err)
	require.Len(t, pending, 1)
	got, err := h.Approval(t.Context(), "", a.ID)
	require.NoError(t, err)
	require.Equal(t, a.ID, got.ID)
	_, err = h.Approval(t.Context(), "somebody else", a.ID)
	requireCode(t, schema.NotFound, err)
	_, err = h.Decide(t.Context(), "somebody else", a.ID, schema.Decision{Allow: true}, "me")
	requireCode(t, schema.NotFound, err)

	_, err = h.Decide(t.Context(), "", a.ID, schema.Decision{Allow: true}, "me")
	require.NoError(t, err)
	view.read(t)
	require.Equal(t, schema.Succeeded, c.end(r).State)
	pending, err = h.Approvals(t.Context(), "", "")
	require.NoError(t, err)
	require.Empty(t, pending)
	past := h.reopen(t, r)
	require.Len(t, past.Approvals(), 1, "of a run that has ended")
	require.NotContains(t, h.log.String(), "rm 1", "an input is in no log")
}

// What the agent is told is what was decided, and so is what the store says.
func TestA10AnAnswerReachesTheAgent(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		decision schema.Decision
		state    schema.ApprovalState
		told     string
		reason   string
	}{
		"allowed":     {schema.Decision{Allow: true}, schema.ApprovalAllowed, `{"behavior":"allow","updatedInput":{"command":"rm 1"}}`, ""},
		"another":     {schema.Decision{Allow: true, UpdatedInput: jsontext.Value("{\n\"command\": \"ls\"}")}, schema.ApprovalAllowed, `{"behavior":"allow","updatedInput":{"command":"ls"}}`, ""},
		"remembered":  {schema.Decision{Allow: true, RememberEntry: jsontext.Value(`{ "mode":"acceptEdits", "type":"setMode" }`)}, schema.ApprovalAllowed, `"updatedPermissions":[{"destination":"session","mode":"acceptEdits","type":"setMode"}]`, ""},
		"denied":      {schema.Decision{Message: "not \"that\""}, schema.ApprovalDenied, `{"behavior":"deny","message":"not \"that\""}`, `not "that"`},
		"just denied": {schema.Decision{}, schema.ApprovalDenied, `{"behavior":"deny","message":"` + denied + `"}`, denied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, c := oneTalk(t, nil)
			r, view, asked := c.asks("approve", 1)
			got, err := h.Decide(t.Context(), "", asked[0].ID, test.decision, "me")
			require.NoError(t, err)
			require.Equal(t, test.state, got.State)
			require.Equal(t, "me", got.DecidedBy)
			lines := view.read(t).lines
			require.Contains(t, lines[2], `"control_response"`)
			require.Contains(t, lines[2], `"request_id":"q1"`)
			require.Contains(t, lines[2], test.told)
			require.Equal(t, schema.Succeeded, c.end(r).State)
			stored := h.approval(t, asked[0].ID)
			require.Equal(t, test.state, stored.State)
			require.Equal(t, test.reason, stored.Reason)
			require.NotNil(t, stored.DecidedAt)
			require.Len(t, h.log.Lines("approval decided", asked[0].ID, "by=me", string(test.state)), 1)
			require.Equal(t, schema.Succeeded, r.State())
		})
	}
}

func TestA10AnAnswerMustFitTheRequest(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, _, asked := c.asks("approve", 1)
	for _, d := range []schema.Decision{
		{Allow: true, UpdatedInput: jsontext.Value(`[]`)},
		{Allow: true, UpdatedInput: jsontext.Value(`{"a":`)},
		{Allow: true, UpdatedInput: jsontext.Value(`null`)},
		{Allow: true, RememberEntry: jsontext.Value(`{"type":"setMode","mode":"bypassPermissions"}`)},
		{Allow: true, RememberEntry: jsontext.Value(`{"type":`)},
	} {
		_, err := h.Decide(t.Context(), "", asked[0].ID, d, "me")
		requireCode(t, schema.InvalidOption, err)
	}
	require.Equal(t, schema.Waiting, r.State())
	_, err := h.Decide(t.Context(), "", ApprovalID(r.ID, "q9"), schema.Decision{}, "me")
	requireCode(t, schema.NotFound, err)
	_, err = h.Decide(t.Context(), "", asked[0].ID, schema.Decision{}, "me")
	require.NoError(t, err)
	c.end(r)
}

func TestA10OfManyAnswersOneCounts(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, view, asked := c.asks("approve", 1)
	var all sync.WaitGroup
	var won, gone atomic.Int64
	for i := range 20 {
		all.Go(func() {
			a, err := h.Decide(context.Background(), "", asked[0].ID, schema.Decision{Allow: i%2 == 0}, "me")
			if err == nil {
				won.Add(1)
			} else if e, ok := err.(*schema.Error); ok && e.Code == schema.ApprovalGone && a.State != schema.ApprovalPending {
				gone.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, won.Load())
	require.EqualValues(t, 19, gone.Load())
	lines := view.read(t).lines
	require.Equal(t, 1, strings.Count(strings.Join(lines, "\n"), `"control_response"`), "%v", lines)
	require.Equal(t, h.approval(t, asked[0].ID).State == schema.ApprovalAllowed, strings.Contains(lines[2], `"behavior":"allow"`))
	c.end(r)
}

func TestA10SeveralMayBePending(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, view, asked := c.asks("two", 2)
	require.Equal(t, ApprovalID(r.ID, "q1"), asked[0].ID)
	_, err := h.Decide(t.Context(), "", asked[1].ID, schema.Decision{Allow: true}, "me")
	require.NoError(t, err)
	require.Equal(t, schema.Waiting, r.State(), "for the other one")
	r.awaitApprovals(t, 1)
	_, err = h.Decide(t.Context(), "", asked[0].ID, schema.Decision{}, "me")
	require.NoError(t, err)
	lines := view.read(t).lines
	require.Contains(t, lines[3], `"request_id":"q2"`)
	require.Contains(t, lines[4], `"request_id":"q1"`)
	require.Equal(t, schema.Succeeded, c.end(r).State)
}

func TestA10WhatNobodyAnswersIsDenied(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.ApprovalTimeout = 100 * time.Millisecond })
	r, view := c.begin("approve")
	lines := view.read(t).lines
	require.Contains(t, lines[2], `{"behavior":"deny","message":"nobody answered within 100ms"}`)
	require.Equal(t, schema.Succeeded, c.end(r).State)
	a := r.Approvals()[0]
	require.Equal(t, schema.ApprovalTimedOut, a.State)
	require.Equal(t, byServer, a.DecidedBy)
	require.False(t, a.DecidedAt.Before(*a.ExpiresAt))
	require.Equal(t, a.State, h.approval(t, a.ID).State)
	_, err := h.Decide(t.Context(), "", a.ID, schema.Decision{Allow: true}, "me")
	requireCode(t, schema.ApprovalGone, err)
}

func TestA10ATakenBackRequestIsCancelled(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, _, asked := c.asks("takes back", 1)
	h.open(t, "gate")
	require.Equal(t, schema.Succeeded, c.end(r).State)
	require.Equal(t, schema.ApprovalCancelled, h.approval(t, asked[0].ID).State)
	require.Equal(t, 1, h.Kept().Alive)
}

// Whoever ends a run that waits ends the waiting, and the process goes on after an abort.
func TestA10AnEndedRunAsksNobody(t *testing.T) {
	t.Parallel()
	for _, reason := range []*Reason{Abort, ClientGone, ServerStops} {
		t.Run(string(reason.Code)+reason.Text, func(t *testing.T) {
			t.Parallel()
			h, c := oneTalk(t, func(c *Config) { c.StopGrace = 10 * time.Second })
			r, _, asked := c.asks("approve", 1)
			r.Stop(reason)
			require.Equal(t, reason.State, c.end(r).State)
			a := h.approval(t, asked[0].ID)
			require.Equal(t, schema.ApprovalCancelled, a.State)
			require.Equal(t, reason.Text, a.Reason)
			require.False(t, a.DecidedAt.After(*h.record(t, r).EndedAt), "before the end is told")
			require.Equal(t, reason == Abort, h.Kept().Alive == 1)
			_, err := h.Decide(t.Context(), "", a.ID, schema.Decision{Allow: true}, "me")
			requireCode(t, schema.ApprovalGone, err)
		})
	}
}

func TestA10WhatTheServerDeniesNobodyIsAskedFor(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, func(c *Config) { c.DenyTools = []string{"mcp__evil", "WebFetch"} })
	r, view := c.begin("denied")
	require.Contains(t, view.read(t).lines[2], `"behavior":"deny","message":"this server does not allow the tool mcp__evil__tool"`)
	require.Equal(t, schema.Succeeded, c.end(r).State)
	a := h.approval(t, r.Approvals()[0].ID)
	require.Equal(t, schema.ApprovalDenied, a.State)
	require.Equal(t, byServer, a.DecidedBy)
	require.Contains(t, h.argLines(t)[0], "--disallowed-tools=mcp__evil,WebFetch")
	require.Len(t, h.log.Lines("approval decided", "by=server"), 1)
	for tool, denied := range map[string]bool{"WebFetch": true, "WebFetcher": false, "mcp__evil": true, "mcp__evilest__x": false} {
		require.Equal(t, denied, h.denies(tool), tool)
	}
}

// Nobody's thinking counts as the agent's work, and what was left of the time is left after it.
func TestA10TheClocksStopWhileSomebodyIsAsked(t *testing.T) {
	t.Parallel()
	h := talkHouse(t, func(c *Config) {
		c.RunTimeout, c.IdleTimeout, c.ApprovalTimeout = 2*time.Second, 1800*time.Millisecond, 2500*time.Millisecond
	})
	c := h.newTalk(t)
	r, _ := c.begin("approve")
	require.Equal(t, schema.Succeeded, c.end(r).State, "it waited for longer than it may run")
	require.Equal(t, schema.ApprovalTimedOut, r.Approvals()[0].State)

	r, _, asked := c.asks("approve", 1)
	_, err := h.Decide(t.Context(), "", asked[0].ID, schema.Decision{Allow: true}, "me")
	require.NoError(t, err)
	require.Equal(t, schema.Succeeded, c.end(r).State)
	r, view := c.begin("deaf")
	awaitReady(t, view)
	require.Equal(t, schema.TimedOut, c.end(r).State, "they run again")
}

func TestTheDeadlinesGoOnWithWhatWasLeft(t *testing.T) {
	t.Parallel()
	w := &watch{run: newLoose(Config{RunTimeout: time.Hour, IdleTimeout: time.Hour}).newRun(store.Run{})}
	w.wall, w.idle, w.wallIsClose = newDeadline(time.Hour, 10*time.Second), newDeadline(time.Hour, 20*time.Second), true
	w.run.warn(w.wall.at)
	w.pause()
	require.True(t, w.run.Warning().IsZero())
	require.Zero(t, w.wall)
	require.Zero(t, w.idle)
	w.restIdle()
	require.Zero(t, w.idle, "output moves nothing meanwhile")
	w.unpause()
	require.InDelta(t, 10, time.Until(w.wall.at).Seconds(), 1)
	require.InDelta(t, 20, time.Until(w.idle.at).Seconds(), 1)
	require.Zero(t, w.left)
}

func TestApprovalIDsArePure(t *testing.T) {
	t.Parallel()
	require.Regexp(t, schema.ApprovalID, ApprovalID("run_a", "b"))
	require.Equal(t, ApprovalID("run_a", "b"), ApprovalID("run_a", "b"))
	require.NotEqual(t, ApprovalID("run_a", "b"), ApprovalID("run_b", "b"))
	require.NotEqual(t, ApprovalID("run_a", "b"), ApprovalID("run_a", "c"))
}

// Who reads the output may answer before this server has read it.
func TestA10AnAnswerMayBeFasterThanTheRequest(t *testing.T) {
	t.Parallel()
	h, c := oneTalk(t, nil)
	r, view := c.begin("gate")
	awaitReady(t, view)
	a := store.Approval{Approval: schema.Approval{ID: ApprovalID(r.ID, "q"), Run: r.ID, State: schema.ApprovalPending, Input: jsontext.Value("{}")}}
	decided := make(chan error)
	go func() {
		_, err := h.Decide(context.Background(), "", a.ID, schema.Decision{Allow: true}, "me")
		decided <- err
	}()
	require.NoError(t, h.store.InsertApproval(t.Context(), a))
	h.asked.ring()
	require.NoError(t, <-decided)
	h.open(t, "gate")
	c.end(r)
}
