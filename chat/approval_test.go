package chat

import (
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// asked sends a message whose answer needs an approval, and returns the request.
func (h *house) asked(v *viewer, conversation string) schema.ChatFrame {
	h.t.Helper()
	h.send(conversation, "approve touch file")
	return v.until(schema.KindPermissionRequest)
}

func TestARequestIsAnsweredFromAnywhere(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	request := h.asked(v, c.ID)
	require.Equal(t, "Bash", request.ToolName)
	require.Contains(t, string(request.Input), "touch file")

	late := h.view(c.ID, From{})
	require.Len(t, late.Ack.PendingPermissions, 1)
	require.Equal(t, request.RequestID, late.Ack.PendingPermissions[0].RequestID)
	open, err := h.Approvals(t.Context(), "", c.ID)
	require.NoError(t, err)
	require.Len(t, open, 1)

	decided, err := h.Decide(t.Context(), "", request.RequestID, schema.Decision{Allow: true}, "me")
	require.NoError(t, err)
	require.Equal(t, schema.ApprovalAllowed, decided.State)
	require.Equal(t, "me", decided.DecidedBy)
	for _, v := range []*viewer{v, late} {
		gone := v.until(schema.KindPermissionCancelled)
		require.Equal(t, request.RequestID, gone.RequestID)
		require.Equal(t, "allowed", gone.Reason)
		require.True(t, v.until(schema.KindComplete).Success)
	}
	require.Contains(t, h.log.String(), "by=me")
	require.NotContains(t, h.log.String(), "touch file", "what a tool is called with is nobody's to log")
}

func TestA10ARequestIsAnsweredOnce(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	request := h.asked(v, c.ID)
	_, err := h.Decide(t.Context(), "somebody else", request.RequestID, schema.Decision{Allow: true}, "x")
	require.Error(t, err)
	_, err = h.Decide(t.Context(), "", "apr_"+strings.Repeat("a", 26), schema.Decision{Allow: true}, "x")
	require.Error(t, err)
	for _, bad := range []schema.Decision{
		{Allow: true, UpdatedInput: jsontext.Value(`"touch other"`)},
		{Allow: true, RememberEntry: jsontext.Value(`{"type":"addRules","rules":[{"toolName":"*"}],"behavior":"allow","destination":"userSettings"}`)},
	} {
		_, err = h.Decide(t.Context(), "", request.RequestID, bad, "x")
		require.ErrorIs(t, err, schema.NewError(schema.InvalidOption, ""))
	}

	var all sync.WaitGroup
	results := make(chan error, 20)
	for i := range 20 {
		all.Go(func() {
			_, err := h.Decide(t.Context(), "", request.RequestID, schema.Decision{Allow: i%2 == 0, Message: "no"}, "me")
			results <- err
		})
	}
	all.Wait()
	close(results)
	won := 0
	for err := range results {
		if err == nil {
			won++
			continue
		}
		require.ErrorIs(t, err, schema.NewError(schema.ApprovalGone, ""))
	}
	require.Equal(t, 1, won)
	v.until(schema.KindComplete)
	_, err = h.Decide(t.Context(), "", request.RequestID, schema.Decision{Allow: true}, "me")
	require.ErrorIs(t, err, schema.NewError(schema.ApprovalGone, ""))
}

func TestAnAbortCancelsARequestForAll(t *testing.T) {
	h, c := oneConversation(t, nil)
	v := h.view(c.ID, From{})
	request := h.asked(v, c.ID)
	require.NoError(t, h.Abort(t.Context(), "", c.ID))
	gone := v.until(schema.KindPermissionCancelled)
	require.Equal(t, request.RequestID, gone.RequestID)
	require.Equal(t, "cancelled", gone.Reason)
	require.True(t, v.until(schema.KindComplete).Aborted)
	_, err := h.Decide(t.Context(), "", request.RequestID, schema.Decision{Allow: true}, "me")
	require.ErrorIs(t, err, schema.NewError(schema.ApprovalGone, ""))
	require.True(t, h.ask(c.ID, "hello").Success, "the session is usable")
}
