package store

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestATurnBeginsAndEndsInOnePieceEach(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	run, turn := newTurn("ann", id, "Fix the tests", "")
	begun, err := s.InsertTurn(t.Context(), run, turn)
	require.NoError(t, err)
	require.Equal(t, run.ID, begun.Active)
	require.Equal(t, run.ID, begun.Run)
	require.Equal(t, turn.Message.ID, begun.Head)
	require.Equal(t, "Fix the tests", begun.Title)
	stored, err := s.Run(t.Context(), run.ID)
	require.NoError(t, err)
	require.Equal(t, by(s, run), stored)
	asked, err := s.Message(t.Context(), "ann", turn.Message.ID)
	require.NoError(t, err)
	require.Equal(t, run.ID, asked.Run)

	done := finish(t, s, run, "They pass")
	require.Equal(t, MessageID(schema.RoleAssistant, "They pass", turn.Message.ID), done.Head)
	require.Equal(t, 2, done.MessageCount)
	require.Equal(t, "They pass", done.Preview)
	require.Equal(t, schema.Usage{InputTokens: 10, OutputTokens: 3, Turns: 1, CostUSD: 0.25}, done.Usage)
	require.Equal(t, []string{"", run.ID, "session", done.Head}, []string{done.Active, done.Ended, done.Session, done.SessionHead})
	answer, err := s.Message(t.Context(), "ann", done.Head)
	require.NoError(t, err)
	require.Equal(t, []string{run.ID, "session", "uuid of They pass", "ann"}, []string{answer.Run, answer.Session, answer.UUID, answer.User})
}

func TestAnEndOfATurnCountsOnce(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	run := beginTurn(t, s, "ann", id, "one", "")
	done := finish(t, s, run, "two")
	again, err := s.EndTurn(t.Context(), "ann", TurnEnd{Conversation: id, Run: run.ID, Answer: &Message{Message: schema.Message{Content: "three"}}})
	require.NoError(t, err)
	require.Equal(t, done, again)
	_, err = s.EndTurn(t.Context(), "ann", TurnEnd{Conversation: id, Run: newID()})
	require.ErrorIs(t, err, ErrMoved, "it is not the active one")
}

func TestATurnWithoutAnAnswerKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	first := beginTurn(t, s, "ann", id, "one", "")
	before := finish(t, s, first, "two")
	second := beginTurn(t, s, "ann", id, "three", before.Head)
	after, err := s.EndTurn(t.Context(), "ann", TurnEnd{Conversation: id, Run: second.ID})
	require.NoError(t, err)
	require.Equal(t, second.Message, after.Head)
	require.Equal(t, second.ID, after.Active, "until the journal has it")
	require.Equal(t, []string{before.Session, before.SessionHead}, []string{after.Session, after.SessionHead})
	require.Equal(t, before.Usage, after.Usage)
}

func TestATurnEndsWhateverBecameOfItsRecord(t *testing.T) {
	t.Parallel()
	for _, spoil := range []string{"UPDATE runs SET record = ''", "DELETE FROM runs"} {
		s := openNew(t)
		id := insertNew(t, s, "ann")
		run := beginTurn(t, s, "ann", id, "one", "")
		_, err := s.changes.Exec(spoil)
		require.NoError(t, err)
		c, err := s.EndTurn(t.Context(), "ann", TurnEnd{Conversation: id, Run: run.ID})
		require.NoError(t, err)
		require.Equal(t, run.ID, c.Ended)
	}
}

func TestATurnAnswersAMessageAgain(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "one", "two")
	run, turn := newTurn("ann", id, "one", "")
	turn.Parent, turn.Message = said[0].ID, Message{}
	c, err := s.InsertTurn(t.Context(), run, turn)
	require.NoError(t, err)
	require.Equal(t, said[0].ID, c.Head)
	require.Equal(t, 1, c.MessageCount)
	other := finish(t, s, run, "two, but other")
	members, err := s.Members(t.Context(), "ann", id)
	require.NoError(t, err)
	require.Equal(t, []string{said[0].ID, said[1].ID, other.Head}, messageIDs(members))
	run, turn = newTurn("ann", id, "", "")
	turn.Message = Message{}
	_, err = s.InsertTurn(t.Context(), run, turn)
	require.ErrorContains(t, err, "nothing to answer")
}

func TestTheSameIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	first, second := insertNew(t, s, "ann"), insertNew(t, s, "ann")
	said := say(t, s, "ann", first, "hello", "hi")
	again := say(t, s, "ann", second, "hello", "hi")
	require.Equal(t, messageIDs(said), messageIDs(again))
	require.Equal(t, 2, rowCount(t, s, "messages"))
	for id, want := range map[string][]Message{first: said, second: again} {
		members, err := s.Members(t.Context(), "ann", id)
		require.NoError(t, err)
		require.Equal(t, want, members, "as they were said there")
	}
}

func TestATurnThatCannotBegin(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "one", "two")
	elsewhere := say(t, s, "ann", insertNew(t, s, "ann"), "elsewhere")
	before, err := s.ChangeConversation(t.Context(), "ann", id, func(c *Conversation) error {
		c.Queue = []QueuedMessage{{ID: "q"}}
		return nil
	})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		spoil func(*Run, *Turn)
		want  error
	}{
		"no such conversation":   {func(_ *Run, t *Turn) { t.Conversation = "conv-none" }, ErrNotFound},
		"another head":           {func(_ *Run, t *Turn) { t.Expect = &said[0].ID }, ErrMoved},
		"no head":                {func(_ *Run, t *Turn) { t.Expect = new("") }, ErrMoved},
		"a parent of another":    {func(_ *Run, t *Turn) { *t = atParent(*t, elsewhere[0].ID) }, ErrNotFound},
		"no such parent":         {func(_ *Run, t *Turn) { *t = atParent(*t, "none") }, ErrNotFound},
		"no such queued message": {func(_ *Run, t *Turn) { t.Queued = "r" }, ErrNotFound},
	} {
		run, turn := newTurn("ann", id, "three", said[1].ID)
		c.spoil(&run, &turn)
		_, err := s.InsertTurn(t.Context(), run, turn)
		require.ErrorIs(t, err, c.want, name)
		_, err = s.Run(t.Context(), run.ID)
		require.ErrorIs(t, err, ErrNotFound, name)
	}
	after, err := s.Conversation(t.Context(), "ann", id)
	require.NoError(t, err)
	require.Equal(t, before, after)
	require.Equal(t, 3, rowCount(t, s, "messages"))
}

// atParent returns a turn with another parent.
func atParent(turn Turn, parent string) Turn {
	turn.Parent, turn.Message = parent, says("ann", schema.RoleUser, turn.Message.Content, parent)
	return turn
}

func TestAKeyIsToldBeforeAllElse(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	run, turn := newTurn("ann", id, "one", "")
	run.Key, turn.Expect = "key", new("")
	_, err := s.InsertTurn(t.Context(), run, turn)
	require.NoError(t, err)
	run.ID = newID()
	_, err = s.InsertTurn(t.Context(), run, turn)
	require.ErrorIs(t, err, ErrKeyTaken, "although a run is active, and the head another")
	run, turn = newTurn("ann", id, "two", turn.Message.ID)
	_, err = s.InsertTurn(t.Context(), run, turn)
	require.ErrorIs(t, err, ErrActive)
}

func TestAQueuedMessageLeavesTheQueueWithItsTurn(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	c := newConversation("ann")
	c.Queue = []QueuedMessage{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	require.NoError(t, s.InsertConversation(t.Context(), c))
	run, turn := newTurn("ann", c.ID, "one", "")
	turn.Queued = "b"
	c, err := s.InsertTurn(t.Context(), run, turn)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "c"}, []string{c.Queue[0].ID, c.Queue[1].ID})
	require.Equal(t, 2, c.Queued)
}

func TestOneOfManyTurnsBegins(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	head := ""
	for range 10 {
		turns, started := make([]Run, 20), []Run{}
		for i, err := range together(len(turns), func(i int) error {
			run, turn := newTurn("ann", id, "all of us", head)
			turns[i], turn.Expect = run, &head
			_, err := s.InsertTurn(t.Context(), run, turn)
			return err
		}) {
			if err == nil {
				started = append(started, turns[i])
			} else {
				require.ErrorIs(t, err, ErrActive)
			}
		}
		require.Len(t, started, 1)
		head = finish(t, s, started[0], "only one").Head
	}
	require.Equal(t, 10, rowCount(t, s, "runs"))
	require.Equal(t, 20, rowCount(t, s, "messages"))
}

func TestADeletionWaitsForTheRun(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	run := beginTurn(t, s, "ann", id, "one", "")
	require.ErrorIs(t, s.DeleteConversation(t.Context(), "ann", id), ErrActive)
	finish(t, s, run, "two")
	require.NoError(t, s.DeleteConversation(t.Context(), "ann", id))
	_, err := s.Conversation(t.Context(), "ann", id)
	require.ErrorIs(t, err, ErrNotFound)
	_, err = s.Run(t.Context(), run.ID)
	require.NoError(t, err, "a run's record stays as long as others do")
}

// A refusal shares its transaction with changes that are made.
func TestAnAnswerOfABatchLeavesTheOthers(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	no := errors.New("no")
	errs := together(30, func(i int) error {
		switch i % 3 {
		case 0:
			return s.InsertConversation(t.Context(), newConversation("ann"))
		case 1:
			_, err := s.ChangeConversation(t.Context(), "ann", id, func(*Conversation) error { return no })
			return err
		default:
			_, err := s.EndTurn(t.Context(), "ann", TurnEnd{Conversation: id, Run: "another"})
			return err
		}
	})
	for i, err := range errs {
		require.ErrorIs(t, err, []error{nil, no, ErrMoved}[i%3])
	}
	require.Equal(t, 11, rowCount(t, s, "conversations"))
}

func TestAClockThatGoesBackMovesNoConversation(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	before, err := s.Conversation(t.Context(), "ann", id)
	require.NoError(t, err)
	m := says("ann", schema.RoleUser, "one", "")
	m.CreatedAt = before.UpdatedAt.Add(-time.Hour)
	after, err := s.AppendMessage(t.Context(), id, m, "")
	require.NoError(t, err)
	require.Equal(t, before.UpdatedAt, after.UpdatedAt)
}
