package store

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDamageOfAConversationIsReported(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	whole := insertNew(t, s, "ann")
	for _, column := range []string{
		"record = replace(record, 'Renamed', 'renamed')", "record = ''", "sum = ''", "title = 'another'", "updated_ms = 1", "busy = 'x'", "busy = 0",
	} {
		c := fullConversation(1)
		c.Title = "Renamed"
		require.NoError(t, s.InsertConversation(t.Context(), c))
		_, err := s.changes.Exec("UPDATE conversations SET "+column+" WHERE id = $1", c.ID)
		require.NoError(t, err)
		_, err = s.Conversation(t.Context(), "ann", c.ID)
		require.ErrorIs(t, err, ErrDamaged, column)
		require.ErrorContains(t, err, c.ID)
		_, err = s.ChangeConversation(t.Context(), "ann", c.ID, func(*Conversation) error { return nil })
		require.ErrorIs(t, err, ErrDamaged)
		list, err := s.Conversations(t.Context(), "ann")
		require.ErrorIs(t, err, ErrDamaged)
		require.ErrorContains(t, err, c.ID)
		require.Len(t, list, 1)
		require.Equal(t, whole, list[0].ID)
	}
}

func TestDamageOfAMessageIsReported(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for _, column := range []string{
		"content = 'another'", "role = 'assistant'", "parent = id", "depth = 1", "depth = 'x'", "sum = ''", "content = x'00ff'", "user_name = 'ann '",
	} {
		id := insertNew(t, s, "ann")
		said := say(t, s, "ann", id, column, "answer", "prompt")
		_, err := s.changes.Exec("UPDATE messages SET "+column+" WHERE id = $1", said[2].ID)
		require.NoError(t, err)
		if column != "user_name = 'ann '" { // then the user has no such message
			_, err = s.Message(t.Context(), "ann", said[2].ID)
			require.ErrorIs(t, err, ErrDamaged, column)
			require.ErrorContains(t, err, said[2].ID)
		}
		_, err = s.Path(t.Context(), "ann", id, said[2].ID)
		require.Error(t, err, column)
		_, err = s.Message(t.Context(), "ann ", said[2].ID)
		require.Error(t, err, "nobody else gets it")
		run, turn := newTurn("ann", id, "more", said[2].ID)
		_, err = s.InsertTurn(t.Context(), run, turn)
		require.Error(t, err, "nobody knows what comes before")
		run, turn = newTurn("ann", id, "more", said[1].ID)
		_, err = s.InsertTurn(t.Context(), run, turn)
		require.NoError(t, err, "before it is another place to go on from")
	}
}

// What is damaged is what one conversation has of it: another that has said the same is whole.
func TestDamageOfAMemberIsReported(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	other := insertNew(t, s, "ann")
	for _, column := range []string{
		"run = 'r'", "session = 's'", "uuid = 'u'", "created = '2026-11-26T00:00:00Z'", "created = ''", "created = x'00ff'", "sum = ''",
		"sum = (SELECT sum FROM members WHERE seq = 1)", "conversation = 1",
	} {
		whole, id := insertNew(t, s, "ann"), insertNew(t, s, "ann")
		want, said := say(t, s, "ann", whole, column, "answer", "prompt"), say(t, s, "ann", id, column, "answer", "prompt")
		_, err := s.changes.Exec("UPDATE members SET " + column + " WHERE seq = (SELECT max(seq) FROM members)")
		require.NoError(t, err)
		_, err = s.Path(t.Context(), "ann", id, said[2].ID)
		require.Error(t, err, column)
		_, err = s.Member(t.Context(), "ann", id, said[2].ID)
		require.Error(t, err, column)
		run, turn := newTurn("ann", id, "more", said[2].ID)
		_, err = s.InsertTurn(t.Context(), run, turn)
		require.Error(t, err, "nobody knows how it came about")
		_, membersErr := s.Members(t.Context(), "ann", id)
		_, otherErr := s.Members(t.Context(), "ann", other)
		require.ErrorIs(t, errors.Join(membersErr, otherErr), ErrDamaged, column)
		require.ErrorContains(t, errors.Join(membersErr, otherErr), said[2].ID)
		got, err := s.Path(t.Context(), "ann", whole, want[2].ID)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

func TestAHistoryWithAHoleIsReported(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "one", "two", "three", "four")
	_, err := s.changes.Exec("UPDATE messages SET content = '2' WHERE id = $1", said[1].ID)
	require.NoError(t, err)
	for name, read := range map[string]func() ([]Message, error){
		"path":    func() ([]Message, error) { return s.Path(t.Context(), "ann", id, said[3].ID) },
		"members": func() ([]Message, error) { return s.Members(t.Context(), "ann", id) },
	} {
		got, err := read()
		require.ErrorIs(t, err, ErrDamaged, name)
		require.ErrorContains(t, err, said[1].ID)
		require.Equal(t, []string{said[0].ID, said[2].ID, said[3].ID}, messageIDs(got), "the others are there")
	}
	_, err = s.changes.Exec("DELETE FROM messages WHERE id = $1", said[0].ID)
	require.NoError(t, err)
	_, err = s.changes.Exec("DELETE FROM messages WHERE id = $1", said[1].ID)
	require.NoError(t, err)
	_, err = s.Path(t.Context(), "ann", id, said[3].ID)
	require.ErrorIs(t, err, ErrDamaged, "it does not begin at the root")
}

func TestADamagedMessageIsDeletedWithItsWords(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	stays := say(t, s, "ann", insertNew(t, s, "ann"), "question", "a needle that stays")
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "question two", "needle")
	_, err := s.changes.Exec("UPDATE messages SET content = 'noodle' WHERE id = $1", said[1].ID)
	require.NoError(t, err)
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", id))
	list := search(t, s, "ann", "needle")
	require.Len(t, list, 1)
	require.Equal(t, stays[1].ID, list[0].Message)
}

func TestDamageOfAnApprovalIsReported(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	for _, column := range []string{
		"record = replace(record, 'Bash', 'bash')", "record = ''", "sum = ''", "input = '{}'", "state = 'allowed'", "run = 'r'", "conversation = 'c'", "user_name = 'eve'",
	} {
		a := newApproval(newRun())
		require.NoError(t, s.InsertApproval(t.Context(), a))
		_, err := s.changes.Exec("UPDATE approvals SET "+column+" WHERE id = $1", a.ID)
		require.NoError(t, err)
		for _, user := range []string{"", "eve"} {
			_, err = s.Approval(t.Context(), user, a.ID)
			require.ErrorIs(t, err, ErrDamaged, column)
			require.ErrorContains(t, err, a.ID)
		}
		_, err = s.DecideApproval(t.Context(), a.ID, func(*Approval) { t.Error("what is damaged is not decided") })
		require.ErrorIs(t, err, ErrDamaged)
	}
	list, err := s.Approvals(t.Context(), ApprovalFilter{})
	require.ErrorIs(t, err, ErrDamaged)
	require.Empty(t, list)
}

// A trigger with another text would do something else, and so would a table without its index.
func TestWhatDeclaresTheTablesIsChecked(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"DROP TRIGGER runs_forgotten; CREATE TRIGGER runs_forgotten AFTER DELETE ON runs BEGIN DELETE FROM approvals WHERE run < old.id; END",
		"DROP TRIGGER messages_deleted", "DROP INDEX members_message", "ALTER TABLE usage ADD COLUMN note TEXT", "CREATE VIEW more AS SELECT 1",
	} {
		path := dbPath(t)
		s, err := Open(t.Context(), path)
		require.NoError(t, err)
		_, err = s.changes.Exec(change)
		require.NoError(t, err)
		require.NoError(t, s.Close())
		_, err = Open(t.Context(), path)
		require.ErrorIs(t, err, ErrDamaged, change)
		require.ErrorContains(t, err, "not declared as they were")
	}
}
