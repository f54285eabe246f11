package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestNothingMovesFromOnePartOfAMessageToAnother(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, m := range [][3]string{{"user", "ab", "c"}, {"user", "a", "bc"}, {"user", "abc", ""}, {"usera", "b", "c"}, {"", "userab", "c"}, {"user", "c", "ab"}} {
		id := MessageID(m[0], m[1], m[2])
		require.Regexp(t, schema.MessageID, id)
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestMessagesComeBackByteForByte(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "\x00a\x00", "\xff not UTF-8", "", " '\"$1;--\r\n\u2028")
	for _, want := range said {
		got, err := s.Message(t.Context(), "ann", want.ID)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	path, err := s.Path(t.Context(), "ann", id, said[3].ID)
	require.NoError(t, err)
	require.Equal(t, said, path)
	none, err := s.Path(t.Context(), "ann", id, "")
	require.NoError(t, err)
	require.Empty(t, none)
}

func TestMessagesThatCannotBeKept(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	for name, spoil := range map[string]func(*Message){
		"an unknown role":    func(m *Message) { m.Role = "system"; m.ID = MessageID(m.Role, m.Content, "") },
		"another's id":       func(m *Message) { m.ID = MessageID(m.Role, "else", "") },
		"no id":              func(m *Message) { m.ID = "" },
		"an id with history": func(m *Message) { m.ID = MessageID(m.Role, m.Content, "some parent") },
	} {
		m := says("ann", schema.RoleUser, "hello", "")
		spoil(&m)
		_, err := s.AppendMessage(t.Context(), id, m, "")
		require.Error(t, err, name)
	}
	all, err := s.Members(t.Context(), "ann", id)
	require.NoError(t, err)
	require.Empty(t, all)
}

func TestAppendingExpectsAHead(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "one")
	_, err := s.AppendMessage(t.Context(), id, says("ann", schema.RoleUser, "two", ""), "")
	require.ErrorIs(t, err, ErrMoved)
	_, err = s.AppendMessage(t.Context(), "conv-of-nobody", says("ann", schema.RoleUser, "two", ""), "")
	require.ErrorIs(t, err, ErrNotFound)
	run, turn := newTurn("ann", id, "two", said[0].ID)
	_, err = s.InsertTurn(t.Context(), run, turn)
	require.NoError(t, err)
	_, err = s.AppendMessage(t.Context(), id, says("ann", schema.RoleUser, "three", turn.Message.ID), turn.Message.ID)
	require.ErrorIs(t, err, ErrActive)
}

func TestABranchHasWhatComesBeforeItsHead(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "one", "two", "three", "four")
	branch := newConversation("ann")
	branch.Head = said[1].ID
	require.NoError(t, s.InsertConversation(t.Context(), branch))
	c, err := s.Conversation(t.Context(), "ann", branch.ID)
	require.NoError(t, err)
	require.Equal(t, 2, c.MessageCount)
	require.Equal(t, "two", c.Preview)
	other := say(t, s, "ann", branch.ID, "three, but other")
	members, err := s.Members(t.Context(), "ann", branch.ID)
	require.NoError(t, err)
	require.Equal(t, append(append([]Message{}, said[:2]...), other...), members)
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", id))
	for i, m := range said {
		_, err := s.Message(t.Context(), "ann", m.ID)
		if i < 2 {
			require.NoError(t, err, "the branch has it")
		} else {
			require.ErrorIs(t, err, ErrNotFound)
		}
	}
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", branch.ID))
	for _, table := range []string{"conversations", "messages", "members"} {
		require.Zero(t, rowCount(t, s, table), table)
	}
}

// rowCount returns how many rows a table has.
func rowCount(t tester, s *Store, table string) (n int) {
	t.Helper()
	require.NoError(t, s.readers.QueryRow("SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// longConversation makes a conversation of n messages in one transaction and returns it.
func longConversation(t testing.TB, s *Store, n int) Conversation {
	t.Helper()
	c, err := s.changeConversation(t.Context(), "", insertNew(t, s, ""), func(tx transaction, c *Conversation) error {
		head := node{}
		for i := range n {
			m := says("", schema.RoleUser, fmt.Sprintf("message number %d", i), head.ID)
			if err := add(tx, c, m, head); err != nil {
				return err
			}
			head = node{m, c.ID, head.depth + 1}
		}
		return nil
	})
	require.NoError(t, err)
	return c
}

// It measures time, and so has no other test beside it.
func TestALongHistoryIsReadAtOnce(t *testing.T) {
	s := openNew(t)
	c := longConversation(t, s, longHistory)
	best := time.Hour
	for range 10 {
		begun := time.Now()
		path, err := s.Path(t.Context(), "", c.ID, c.Head)
		best = min(best, time.Since(begun))
		require.NoError(t, err)
		require.Len(t, path, longHistory)
		require.Equal(t, "message number 0", path[0].Content)
		require.Equal(t, c.Head, path[longHistory-1].ID)
	}
	t.Log(best)
	require.Less(t, best, mostForPath)
}

// BenchmarkPath is what the history of 10,000 messages costs.
func BenchmarkPath(b *testing.B) {
	s := openNew(b)
	c := longConversation(b, s, 10_000)
	for b.Loop() {
		if _, err := s.Path(b.Context(), "", c.ID, c.Head); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend is what another message costs in a long conversation.
func BenchmarkAppend(b *testing.B) {
	s := openNew(b)
	c := longConversation(b, s, 10_000)
	for b.Loop() {
		var err error
		if c, err = s.AppendMessage(b.Context(), c.ID, says("", schema.RoleUser, "and another", c.Head), c.Head); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBranch is what a branch of a long conversation costs.
func BenchmarkBranch(b *testing.B) {
	s := openNew(b)
	head := longConversation(b, s, 10_000).Head
	for b.Loop() {
		branch := newConversation("")
		branch.Head = head
		if err := s.InsertConversation(b.Context(), branch); err != nil {
			b.Fatal(err)
		}
	}
}
