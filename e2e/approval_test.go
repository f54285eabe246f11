//go:build linux

package e2e

import (
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// askedFor sends a message, and returns the request for an approval that comes of it.
func (c *chatter) askedFor(id, prompt string) told {
	c.w.t.Helper()
	c.send(id, prompt)
	return c.until("permission_request")
}

// answer answers a request; more are further keys of the frame.
func (c *chatter) answer(request string, allow bool, more ...fields) {
	c.w.t.Helper()
	frame := fields{"requestId": request, "allow": allow}
	for _, m := range more {
		for key, value := range m {
			frame[key] = value
		}
	}
	c.say("chat.permission-response", frame)
}

// approval is what is known of a request.
func (s *server) approval(id string) (a struct{ State, Reason, DecidedBy, Conversation, Tool string }) {
	s.w.t.Helper()
	s.get(&a, http.StatusOK, http.MethodGet, "/api/approvals/"+id, nil)
	return a
}

// requireAnswered reads to the end of a run, which has told of its request that it is open no
// more, and why.
func (c *chatter) requireAnswered(request told, reason string) told {
	c.w.t.Helper()
	end := c.until("complete")
	cancelled := c.of(request.RunID, "permission_cancelled")
	require.Len(c.w.t, cancelled, 1, "%s", end.raw)
	require.Equal(c.w.t, request.RequestID, cancelled[0].RequestID)
	require.Equal(c.w.t, reason, cancelled[0].Reason)
	require.Len(c.w.t, c.of(request.RunID, "complete"), 1)
	return end
}

func TestApproval_WhatIsAllowedIsDoneAndWhatIsDeniedIsToldToTheModel(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()

	asked := c.askedFor(id, "[[bash touch made]]")
	require.Equal(t, "Bash", asked.ToolName)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	require.Equal(t, "waiting", s.known(asked.RunID).State)
	c.answer(asked.RequestID, true)
	end := c.requireAnswered(asked, "allowed")
	require.Equal(t, api.ToolDone, end.Result)
	require.FileExists(t, filepath.Join(w.workspace, "made"))
	c.answer(asked.RequestID, false)
	require.Equal(t, "APPROVAL_GONE", c.refused())
	require.Equal(t, "allowed", s.approval(asked.RequestID).State)

	asked = c.askedFor(id, "[[bash touch one]]")
	c.answer(asked.RequestID, true, fields{"updatedInput": fields{"command": "touch other"}})
	require.True(t, c.requireAnswered(asked, "allowed").Success)
	require.FileExists(t, filepath.Join(w.workspace, "other"))
	require.NoFileExists(t, filepath.Join(w.workspace, "one"))

	why := unguessable()
	asked = c.askedFor(id, "[[bash touch denied]]")
	c.answer(asked.RequestID, false, fields{"message": why})
	require.True(t, c.requireAnswered(asked, "denied").Success)
	require.NoFileExists(t, filepath.Join(w.workspace, "denied"))
	require.Contains(t, w.toolResult(), why)
	require.Equal(t, 1, s.claudesOf(id))
}

// toolResult is the latest message of a user that the model was told, as the API got it.
func (w *world) toolResult() string {
	w.t.Helper()
	requests := w.api.Requests()
	body := string(requests[len(requests)-1].Body)
	at := strings.LastIndex(body, `"tool_result"`)
	require.Positive(w.t, at)
	return body[max(at-2000, 0):min(at+2000, len(body))]
}

// claudesOf counts the processes that have served a conversation.
func (s *server) claudesOf(id string) int {
	s.w.t.Helper()
	var list struct {
		Runs []struct{ Run, Conversation string }
	}
	s.get(&list, http.StatusOK, http.MethodGet, "/api/runs", nil)
	pids := 0
	for _, r := range list.Runs {
		if r.Conversation == id && s.w.pid(r.Run) != "" {
			pids++
		}
	}
	return pids
}

func TestApproval_NobodyIsAskedForAToolThatIsDeniedToAll(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--deny-tools=Bash", "--allowed-tools=Bash")
	id, c := s.open(), s.chat()
	end := c.turn(id, "[[bash touch made]]")
	require.Empty(t, c.of(end.RunID, "permission_request"))
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	require.Contains(t, w.toolResult(), "Bash")
	require.Equal(t, "succeeded", s.finish("[[bash touch made]]").State)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"), "nor by a run of its own")
}

func TestApproval_WhatNobodyAnswersInTimeIsDenied(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--approval-timeout=300ms")
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	require.True(t, c.requireAnswered(asked, "timed_out").Success)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	require.Contains(t, w.toolResult(), "nobody answered within 300ms")
	require.Equal(t, "timed_out", s.approval(asked.RequestID).State)
	c.answer(asked.RequestID, true)
	require.Equal(t, "APPROVAL_GONE", c.refused())
}

func TestApproval_TheClockStandsStillWhileSomebodyIsAsked(t *testing.T) {
	w := newWorld(t)
	s := w.serve("--run-timeout=10s", "--approval-timeout=11s")
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	require.True(t, c.requireAnswered(asked, "timed_out").Success)
}

func TestApproval_AnAbortTakesTheQuestionBackAndTheProcessGoesOn(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	c.say("chat.abort", fields{"sessionId": id})
	end := c.requireAnswered(asked, "cancelled")
	require.True(t, end.Aborted)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	require.Equal(t, "cancelled", s.approval(asked.RequestID).State)
	c.answer(asked.RequestID, true)
	require.Equal(t, "APPROVAL_GONE", c.refused())
	pids := w.claudes()
	require.Len(t, pids, 1)
	require.Equal(t, "1 2 3 ", c.turn(id, "[[words 3]]").Result)
	require.Equal(t, pids, w.claudes())
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
}

func TestApproval_ARequestOutlivesItsSocketAndIsAnsweredOnce(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	c.leave()

	other := s.chat()
	ack := other.subscribe(id)
	require.True(t, ack.IsProcessing)
	require.Len(t, ack.PendingPermissions, 1)
	require.Equal(t, asked.RequestID, ack.PendingPermissions[0].RequestID)
	require.Equal(t, asked.RequestID, other.until("permission_request").RequestID, "the run is replayed")
	other.answer(asked.RequestID, true)
	require.True(t, other.requireAnswered(asked, "allowed").Success)
	require.FileExists(t, filepath.Join(w.workspace, "made"))
	require.Empty(t, other.subscribe(id).PendingPermissions)
}

func TestApproval_OverHTTPAndAnsweredAtOnceByMany(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	var open struct{ Approvals []struct{ ID, State string } }
	s.get(&open, http.StatusOK, http.MethodGet, "/api/approvals?chat="+id, nil)
	require.Len(t, open.Approvals, 1)
	require.Equal(t, asked.RequestID, open.Approvals[0].ID)

	statuses := make(chan int)
	for i := range 8 {
		go func() {
			status, _ := s.call(http.MethodPost, "/api/approvals/"+asked.RequestID, fields{"allow": i%2 == 0, "message": "no"})
			statuses <- status
		}()
	}
	count := map[int]int{}
	for range 8 {
		count[<-statuses]++
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusConflict: 7}, count)
	state := s.approval(asked.RequestID).State
	require.True(t, c.requireAnswered(asked, state).Success)
	if state == "allowed" {
		require.FileExists(t, filepath.Join(w.workspace, "made"))
	} else {
		require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	}
	s.get(&open, http.StatusOK, http.MethodGet, "/api/approvals", nil)
	require.Empty(t, open.Approvals)
}

func TestApproval_ARuleIsRememberedForTheSession(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	require.NotEmpty(t, asked.Context.Suggestions)
	c.answer(asked.RequestID, true, fields{"rememberEntry": fields{"type": "addRules", "behavior": "allow", "destination": "userSettings"}})
	require.Equal(t, "INVALID_OPTION", c.refused(), "it is none of the suggestions")
	c.answer(asked.RequestID, true, fields{"rememberEntry": asked.Context.Suggestions[0]})
	require.True(t, c.requireAnswered(asked, "allowed").Success)

	end := c.turn(id, "[[bash touch made]]")
	require.Empty(t, c.of(end.RunID, "permission_request"), "it is not asked for again")
	require.Equal(t, api.ToolDone, end.Result)

	other := s.open()
	asked = c.askedFor(other, "[[bash touch made]]")
	c.answer(asked.RequestID, false)
	require.True(t, c.requireAnswered(asked, "denied").Success, "another conversation is")
	require.NoDirExists(t, filepath.Join(w.workspace, ".claude"), "nothing is written into the workspace")
}

func TestApproval_TwoAtOnceAreAnsweredInAnyOrder(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	outside := t.TempDir()
	id, c := s.open(), s.chat()
	first := c.askedFor(id, "[[read "+outside+"/a]] [[read "+outside+"/b]]")
	second := c.until("permission_request")
	require.NotEqual(t, first.RequestID, second.RequestID)
	require.Len(t, s.chat().subscribe(id).PendingPermissions, 2)
	for i, asked := range []told{second, first} {
		c.answer(asked.RequestID, false, fields{"message": "no " + strconv.Itoa(i)})
		require.Equal(t, asked.RequestID, c.until("permission_cancelled").RequestID)
	}
	require.True(t, c.until("complete").Success)
	require.Len(t, c.of(first.RunID, "permission_cancelled"), 2)
	require.Len(t, w.api.Requests(), 2)
	require.Contains(t, string(w.api.Requests()[1].Body), "no 0")
	require.Contains(t, string(w.api.Requests()[1].Body), "no 1")
}

// A message may break off a run that waits for an answer.
func TestApproval_AMessageThatInterruptsTakesTheQuestionBack(t *testing.T) {
	w := newWorld(t)
	s := w.serve()
	id, c := s.open(), s.chat()
	asked := c.askedFor(id, "[[bash touch made]]")
	c.send(id, "[[words 2]]", fields{"options": fields{"interrupt": true}})
	require.True(t, c.requireAnswered(asked, "cancelled").Aborted)
	require.Equal(t, "1 2 ", c.until("complete").Result)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
	require.Len(t, w.claudes(), 1)
}
