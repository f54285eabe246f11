package main

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// asks sends a message by which an approval is asked for, and returns the request.
func (c *chatter) asks(id string) said {
	c.t.Helper()
	c.send(id, asking())
	m := c.expect("permission_request")
	require.Regexp(c.t, schema.ApprovalID, m.RequestID)
	require.Equal(c.t, "Bash", m.ToolName)
	require.JSONEq(c.t, `{"command":"touch x"}`, string(m.Input))
	return m
}

// approval is what is known of a request.
func (s *server) approval(t testing.TB, id string) (a schema.Approval) {
	t.Helper()
	s.getJSON(t, &a, http.StatusOK, http.MethodGet, "/api/approvals/"+id, "")
	return a
}

func TestA10AnApprovalIsAnsweredOnceByWhomeverAndKept(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, test := range map[string]struct {
		answer, given string
		state         schema.ApprovalState
	}{
		"allowed":    {`"allow":true`, `"behavior":"allow","updatedInput":{"command":"touch x"}`, schema.ApprovalAllowed},
		"changed":    {`"allow":true,"updatedInput":{"command":"true"}`, `"updatedInput":{"command":"true"}`, schema.ApprovalAllowed},
		"remembered": {`"allow":true,"rememberEntry":` + suggestion, `"updatedPermissions":[`, schema.ApprovalAllowed},
		"denied":     {`"allow":false,"message":"not here"`, `"message":"not here"`, schema.ApprovalDenied},
	} {
		t.Run(name, func(t *testing.T) {
			id, c := s.newChat(t), s.chat(t)
			asked := c.asks(id)
			require.Equal(t, schema.ApprovalPending, s.approval(t, asked.RequestID).State)
			s.awaitState(t, asked.RunID, schema.Waiting)
			other := s.chat(t) // approvals outlive sockets
			other.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
			require.Equal(t, asked.RequestID, other.expect("chat_subscribed").PendingPermissions[0].RequestID)
			require.NoError(t, c.Close())

			other.say(`{"type":"chat.permission-response","requestId":%q,%s}`, asked.RequestID, test.answer)
			require.Contains(t, other.answered(), test.given)
			other.expect("complete")
			for range 2 {
				other.say(`{"type":"chat.permission-response","requestId":%q,"allow":true}`, asked.RequestID)
				other.refused(schema.ApprovalGone)
				answer, text := s.do(t, http.MethodPost, "/api/approvals/"+asked.RequestID, `{"allow":true}`)
				requireRefusal(t, answer, text, http.StatusConflict, schema.ApprovalGone)
			}
			a := s.approval(t, asked.RequestID)
			require.Equal(t, []any{test.state, "127.0.0.1"}, []any{a.State, a.DecidedBy})
			require.NotNil(t, a.DecidedAt)
		})
	}
}

func TestA10AWrongAnswerIsNoneAndTheRequestStaysOpen(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	asked := c.asks(id)
	for _, answer := range []string{
		`"allow":"false"`, `"allow":"true"`, `"allow":1`, `"allow":null`, `"message":"x"`, `"allow":true,"updatedInput":"touch y"`, `"allow":true,"updatedInput":["touch y"]`,
		`"allow":true,"rememberEntry":"Bash(*)"`, `"allow":true,"rememberEntry":{"type":"addRules","rules":[{"toolName":"Bash"}],"behavior":"allow","destination":"session"}`, `"allow":true,"message":7`,
	} {
		c.say(`{"type":"chat.permission-response","requestId":%q,%s}`, asked.RequestID, answer)
		c.refused(schema.InvalidOption)
		response, text := s.do(t, http.MethodPost, "/api/approvals/"+asked.RequestID, "{"+answer+"}")
		requireRefusal(t, response, text, http.StatusBadRequest, schema.InvalidOption)
	}
	require.Equal(t, schema.ApprovalPending, s.approval(t, asked.RequestID).State)
	c.say(`{"type":"chat.abort","sessionId":%q}`, id)
	require.Equal(t, asked.RequestID, c.expect("permission_cancelled").RequestID)
	c.expect("complete")
	c.say(`{"type":"chat.permission-response","requestId":%q,"allow":true}`, asked.RequestID)
	c.refused(schema.ApprovalGone)
	require.Equal(t, schema.ApprovalCancelled, s.approval(t, asked.RequestID).State)
	require.NotContains(t, s.log.String(), "touch x")
}

func TestA10OneOfManyAnswersAtOnceCounts(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	asked := c.asks(id)
	statuses := make(chan int, 20)
	var clients sync.WaitGroup
	for i := range cap(statuses) {
		clients.Go(func() {
			answer, _, err := s.tryDo(http.MethodPost, "/api/approvals/"+asked.RequestID, fmt.Sprintf(`{"allow":%t}`, i%2 == 0))
			if err == nil {
				statuses <- answer.StatusCode
			}
		})
	}
	clients.Wait()
	close(statuses)
	got := map[int]int{}
	for status := range statuses {
		got[status]++
	}
	require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusConflict: 19}, got)
	c.expect("complete")
}

func TestOpenRequestsAreListed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	first, second, c := s.newChat(t), s.newChat(t), s.chat(t)
	a, b := c.asks(first), c.asks(second)
	list := func(query string) (ids []string) {
		var open schema.ApprovalList
		s.getJSON(t, &open, http.StatusOK, http.MethodGet, "/api/approvals"+query, "")
		for _, a := range open.Approvals {
			ids = append(ids, a.ID)
		}
		return ids
	}
	require.ElementsMatch(t, []string{a.RequestID, b.RequestID}, list(""))
	require.Equal(t, []string{b.RequestID}, list("?chat="+second))
	c.say(`{"type":"chat.permission-response","requestId":%q,"allow":false}`, a.RequestID)
	c.expect("complete")
	require.Equal(t, []string{b.RequestID}, list(""))
	require.Empty(t, list("?chat="+first))
}
