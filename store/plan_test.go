package store

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// plan returns how SQLite goes about a statement, a step a line.
func plan(t *testing.T, s *Store, statement string, args ...any) string {
	t.Helper()
	rows, err := s.readers.Query("EXPLAIN QUERY PLAN "+statement, args...)
	require.NoError(t, err)
	defer rows.Close()
	steps := []string{}
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return strings.Join(steps, "\n")
}

// Every statement finds its rows by an index, in the order in which they are asked for.
func TestNoStatementReadsAllRecords(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for _, c := range []struct{ statement, step string }{
		{selectRun, "runs_1 (id=?)"},
		{updateRun, "runs_1 (id=?)"},
		{countID, "runs_1 (id=?)"},
		{selectSeq, "runs_1 (id=?)"},
		{selectByKey, "runs_key (user_name=? AND idempotency_key=?)"},
		{selectUnfinished, "runs_unfinished"},
		{selectKept, "runs_kept (ended_ms>?)"},
		{deleteGone, "runs_gone (ended_ms<?)"},
		{filtered(t, s, Filter{Meta: "A", Before: "some"}), "runs_meta (meta=? AND seq<?)"},
		{filtered(t, s, Filter{State: schema.Failed}), "runs_state (state=?)"},
		{filtered(t, s, Filter{Before: "some"}), "PRIMARY KEY (rowid<?)"},
	} {
		steps := plan(t, s, c.statement, make([]any, strings.Count(c.statement, "$"))...)
		require.Contains(t, steps, c.step)
		require.NotContains(t, steps, "TEMP B-TREE")
	}
}

func TestNoStatementReadsAllOfAConversation(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	pending, _ := ApprovalFilter{State: schema.ApprovalPending}.query()
	ofRun, _ := ApprovalFilter{Run: "some"}.query()
	ofConversation, _ := ApprovalFilter{Conversation: "some"}.query()
	const message = "messages_id (user_name=? AND id=?"
	for _, c := range []struct{ statement, step string }{
		{selectConversation, "conversations_id (user_name=? AND id=?)"},
		{updateConversation, "conversations_id (user_name=? AND id=?)"},
		{deleteConversation, "conversations_id (user_name=? AND id=?)"},
		{selectConversations, "conversations_updated (user_name=?)"},
		{selectBusy, "conversations_busy"},
		{selectMessage, message},
		{selectMessage, "members_message (message=? AND conversation=?)"},
		{selectMember, "members_message (message=? AND conversation=?)"},
		{selectMembers, "members_conversation (conversation=?)"},
		{insertMember, message},
		{selectPath, message},
		{selectPath, "members_message (message=? AND conversation=?)"},
		{deleteMessages, "members_message (message=?)"},
		{findMessages, "members_message (message=?)"},
		{findTitles, "conversations USING INTEGER PRIMARY KEY"},
		{selectApproval, "approvals_1 (id=?)"},
		{updateApproval, "approvals_1 (id=?)"},
		{ofRun, "approvals_run (run=?)"},
		{ofConversation, "approvals_conversation (conversation=?)"},
		{pending, "approvals_state (state=?)"},
	} {
		steps := plan(t, s, c.statement, make([]any, strings.Count(c.statement, "$"))...)
		require.Contains(t, steps, c.step, c.statement)
		require.NotRegexp(t, `SCAN (messages|members|conversations)$`, steps, c.statement)
	}
}

// filtered returns the statement of a filter; "some" run is made for it.
func filtered(t *testing.T, s *Store, f Filter) string {
	t.Helper()
	if f.Before != "" {
		run := newRun()
		require.NoError(t, s.Insert(t.Context(), run))
		f.Before = run.ID
	}
	query, _, err := s.query(t.Context(), f)
	require.NoError(t, err)
	return query
}
