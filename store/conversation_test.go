package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestAConversationComesBackWhole(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	c := fullConversation(3)
	require.NoError(t, s.InsertConversation(t.Context(), c))
	got, err := s.Conversation(t.Context(), "ann", c.ID)
	require.NoError(t, err)
	require.Equal(t, c, got)
	require.ErrorIs(t, s.InsertConversation(t.Context(), c), errSameID)
}

func TestWhatAChangeReturnsIsWhatIsReadLater(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	local := time.Now().In(time.FixedZone("there", 3600))
	returned, err := s.ChangeConversation(t.Context(), "ann", id, func(c *Conversation) error {
		c.Title, c.Renamed, c.Tags, c.UpdatedAt = "A \xff title\x00", true, nil, local
		c.ID, c.User = "another", "bob"
		c.Queue = []QueuedMessage{{ID: "1"}, {ID: "2"}}
		return nil
	})
	require.NoError(t, err)
	read, err := s.Conversation(t.Context(), "ann", id)
	require.NoError(t, err)
	require.Equal(t, read, returned)
	require.Equal(t, "A \uFFFD title\x00", read.Title)
	require.Equal(t, local.UTC().Round(0), read.UpdatedAt)
	require.Equal(t, 2, read.Queued)
	require.NotNil(t, read.Tags, "JSON has a list")
}

func TestARefusedChangeChangesNothing(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	no := errors.New("no")
	_, err := s.ChangeConversation(t.Context(), "ann", id, func(c *Conversation) error {
		c.Title = "another"
		return no
	})
	require.Equal(t, no, err, "as it is")
	_, err = s.ChangeConversation(t.Context(), "ann", id, func(c *Conversation) error {
		c.Title, c.Head = "another", MessageID("user", "nobody said this", "")
		return nil
	})
	require.ErrorIs(t, err, ErrNotFound)
	c, err := s.Conversation(t.Context(), "ann", id)
	require.NoError(t, err)
	require.Empty(t, c.Title)
	require.Empty(t, c.Head)
}

func TestConversationsAreSomebodys(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "a secret")
	for _, user := range []string{"bob", ""} {
		_, err := s.Conversation(t.Context(), user, id)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.Members(t.Context(), user, id)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.Message(t.Context(), user, said[0].ID)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.Path(t.Context(), user, id, said[0].ID)
		require.ErrorIs(t, err, ErrNotFound)
		_, err = s.ChangeConversation(t.Context(), user, id, func(*Conversation) error { return nil })
		require.ErrorIs(t, err, ErrNotFound)
		require.ErrorIs(t, s.DeleteConversation(t.Context(), user, id), ErrNotFound)
		run, turn := newTurn(user, id, "and mine", said[0].ID)
		_, err = s.InsertTurn(t.Context(), run, turn)
		require.ErrorIs(t, err, ErrNotFound)
		branch := newConversation(user)
		branch.Head = said[0].ID
		require.ErrorIs(t, s.InsertConversation(t.Context(), branch), ErrNotFound)
		list, err := s.Conversations(t.Context(), user)
		require.NoError(t, err)
		require.Empty(t, list)
		require.Empty(t, search(t, s, user, "secret"))
	}
}

func TestConversationsAreInTheOrderOfTheirLastChange(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	want := make([]string, 5)
	for i, place := range []int{3, 0, 4, 1, 2} {
		c := newConversation("ann")
		c.UpdatedAt, want[4-place] = day(place), c.ID
		require.NoError(t, s.InsertConversation(t.Context(), c))
		require.NoError(t, s.InsertConversation(t.Context(), newConversation("bob")), i)
	}
	list, err := s.Conversations(t.Context(), "ann")
	require.NoError(t, err)
	got := []string{}
	for _, c := range list {
		got = append(got, c.ID)
	}
	require.Equal(t, want, got)
}

func TestActiveOnesAreThoseWithARunOrAQueue(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	want := []string{}
	for i := range 4 {
		c := newConversation([]string{"ann", "bob"}[i%2])
		if i == 1 {
			c.Active = newID()
		}
		if i == 2 {
			c.Queue = []QueuedMessage{{ID: "q"}}
		}
		if i == 1 || i == 2 {
			want = append(want, c.ID)
		}
		require.NoError(t, s.InsertConversation(t.Context(), c))
	}
	list, err := s.ActiveConversations(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, want, []string{list[0].ID, list[1].ID})
	_, err = s.ClearActive(t.Context(), "bob", list[0].ID, "another run")
	require.NoError(t, err)
	_, err = s.ClearActive(t.Context(), "bob", list[0].ID, list[0].Active)
	require.NoError(t, err)
	list, err = s.ActiveConversations(t.Context())
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestTheFirstPromptGivesTheTitle(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	long := strings.Repeat("ü", 100)
	for prompt, title := range map[string]string{
		"\n  Fix the tests \r\nplease": "Fix the tests",
		long:                           long[:2*maxGivenTitle],
		" \n":                          "",
		"a \x1b[31mred\ttitle\rhere":   "a [31mred title here",
	} {
		id := insertNew(t, s, "")
		say(t, s, "", id, prompt, "an answer", "another prompt")
		c, err := s.Conversation(t.Context(), "", id)
		require.NoError(t, err)
		if title == "" {
			title = "another prompt"
		}
		require.Equal(t, title, c.Title)
	}
	renamed := newConversation("")
	renamed.Renamed = true
	require.NoError(t, s.InsertConversation(t.Context(), renamed))
	say(t, s, "", renamed.ID, "a prompt")
	c, err := s.Conversation(t.Context(), "", renamed.ID)
	require.NoError(t, err)
	require.Empty(t, c.Title)
}

func TestTheHeadIsToldOf(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	id := insertNew(t, s, "ann")
	said := say(t, s, "ann", id, "one", "two\n\n "+strings.Repeat("long ", 100))
	c, err := s.Conversation(t.Context(), "ann", id)
	require.NoError(t, err)
	require.Equal(t, said[1].ID, c.Head)
	require.Equal(t, 2, c.MessageCount)
	require.Equal(t, said[1].CreatedAt, c.UpdatedAt)
	require.Len(t, c.Preview, schema.MaxPreviewLength)
	require.True(t, strings.HasPrefix(c.Preview, "two long long"))
	for _, head := range []string{said[0].ID, ""} {
		c, err = s.ChangeConversation(t.Context(), "ann", id, func(c *Conversation) error { c.Head = head; return nil })
		require.NoError(t, err)
		require.Equal(t, head, c.Head)
	}
	require.Zero(t, c.MessageCount)
	require.Empty(t, c.Preview)
}
