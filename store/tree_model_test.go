package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spool/schema"
)

// forest is what two users should have of conversations, and the store.
type forest struct {
	path          string
	store         *Store
	conversations []*talk
	order         map[string][]string // of each user: the ids of all messages
	said          map[string]Message  // what an id stands for
	deleted       []string            // ids of conversations
}

// talk is a conversation of a forest.
type talk struct {
	user, id, head string
	members        map[string]Message // as they came about here
	order          []string           // their ids, the oldest first
	active         *Run
	spent          int64
}

var (
	twoUsers = []string{"ann", "bob"}
	words    = []string{"alpha", "beta", "gamma"}
)

func (f *forest) draw(t *rapid.T) *talk {
	if len(f.conversations) == 0 {
		t.Skip("there are no conversations")
	}
	return rapid.SampledFrom(f.conversations).Draw(t, "conversation")
}

// drawMessage returns the id of any message that anybody has, of one that is gone, or "".
func (f *forest) drawMessage(t *rapid.T) string {
	ids := []string{""}
	for id := range f.said {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return rapid.SampledFrom(ids).Draw(t, "message")
}

// chain returns a message and all that come before it.
func (f *forest) chain(id string) []string {
	chain := []string{}
	for ; id != ""; id = f.said[id].Parent {
		chain = append(chain, id)
	}
	slices.Reverse(chain)
	return chain
}

// put records a message as said in a conversation.
func (f *forest) put(c *talk, m Message) {
	if !slices.Contains(f.order[c.user], m.ID) {
		f.order[c.user] = append(f.order[c.user], m.ID)
	}
	f.said[m.ID] = Message{Message: schema.Message{ID: m.ID, Role: m.Role, Content: m.Content, Parent: m.Parent}}
	c.have(m)
	c.head = m.ID
}

// have puts a message into a conversation, unless the same was said there before.
func (c *talk) have(m Message) {
	if _, before := c.members[m.ID]; !before {
		c.members[m.ID], c.order = m, append(c.order, m.ID)
	}
}

// all returns messages as a conversation has them.
func (c *talk) all(ids []string) []Message {
	list := []Message{}
	for _, id := range ids {
		list = append(list, c.members[id])
	}
	return list
}

// latest returns the conversation of a user that was changed last of those that have a message.
func (f *forest) latest(t *rapid.T, user, message string) *talk {
	list, err := f.store.Conversations(t.Context(), user)
	require.NoError(t, err)
	for _, l := range list {
		i := slices.IndexFunc(f.conversations, func(c *talk) bool { return c.id == l.ID })
		if _, has := f.conversations[i].members[message]; has {
			return f.conversations[i]
		}
	}
	return nil
}

func (f *forest) Create(t *rapid.T) {
	c := newConversation(rapid.SampledFrom(twoUsers).Draw(t, "user"))
	c.Head = f.drawMessage(t)
	from := f.latest(t, c.User, c.Head)
	err := f.store.InsertConversation(t.Context(), c)
	if c.Head != "" && from == nil {
		require.ErrorIs(t, err, ErrNotFound)
		return
	}
	require.NoError(t, err)
	mine := &talk{user: c.User, id: c.ID, head: c.Head, members: map[string]Message{}}
	for _, id := range f.chain(c.Head) {
		mine.have(from.members[id])
	}
	f.conversations = append(f.conversations, mine)
}

func (f *forest) Send(t *rapid.T) {
	c, parent := f.draw(t), f.drawMessage(t)
	run, turn := newTurn(c.user, c.id, rapid.SampledFrom(words).Draw(t, "prompt"), parent)
	if rapid.Bool().Draw(t, "expect") {
		turn.Expect = new(f.drawMessage(t))
	}
	_, err := f.store.InsertTurn(t.Context(), run, turn)
	switch {
	case c.active != nil:
		require.ErrorIs(t, err, ErrActive)
	case turn.Expect != nil && *turn.Expect != c.head:
		require.ErrorIs(t, err, ErrMoved)
	case parent != "" && !c.has(parent):
		require.ErrorIs(t, err, ErrNotFound)
	default:
		require.NoError(t, err)
		turn.Message.Run = run.ID
		f.put(c, turn.Message)
		c.active = &run
	}
}

func (f *forest) Answer(t *rapid.T) {
	c := f.draw(t)
	if c.active == nil {
		t.Skip("no run is active")
	}
	text := rapid.SampledFrom(words).Draw(t, "answer")
	m := says(c.user, schema.RoleAssistant, text, c.head)
	m.Run, m.Session, m.UUID = c.active.ID, "session of "+c.active.ID, "uuid of "+c.active.ID
	finishWith(t, f.store, *c.active, m)
	f.put(c, m)
	c.active = nil
	c.spent++
}

func (f *forest) Append(t *rapid.T) {
	c, expect := f.draw(t), f.drawMessage(t)
	m := says(c.user, schema.RoleUser, rapid.SampledFrom(words).Draw(t, "text"), c.head)
	_, err := f.store.AppendMessage(t.Context(), c.id, m, expect)
	switch {
	case c.active != nil:
		require.ErrorIs(t, err, ErrActive)
	case expect != c.head:
		require.ErrorIs(t, err, ErrMoved)
	default:
		require.NoError(t, err)
		f.put(c, m)
	}
}

func (f *forest) MoveHead(t *rapid.T) {
	c, head := f.draw(t), f.drawMessage(t)
	_, err := f.store.ChangeConversation(t.Context(), c.user, c.id, func(c *Conversation) error { c.Head = head; return nil })
	if head != "" && !c.has(head) {
		require.ErrorIs(t, err, ErrNotFound)
		return
	}
	require.NoError(t, err)
	c.head = head
}

func (f *forest) Delete(t *rapid.T) {
	c := f.draw(t)
	err := f.store.DeleteConversation(t.Context(), c.user, c.id)
	if c.active != nil {
		require.ErrorIs(t, err, ErrActive)
		return
	}
	require.NoError(t, err)
	f.conversations = slices.DeleteFunc(f.conversations, func(o *talk) bool { return o == c })
	f.deleted = append(f.deleted, c.id)
	f.order[c.user] = slices.DeleteFunc(f.order[c.user], func(id string) bool { return !f.has(c.user, id) })
}

// has reports whether a conversation of a user has a message.
func (f *forest) has(user, id string) bool {
	return slices.ContainsFunc(f.conversations, func(c *talk) bool { return c.user == user && c.has(id) })
}

func (c *talk) has(id string) bool { return slices.Contains(c.order, id) }

func (f *forest) Reopen(t *rapid.T) {
	if rapid.IntRange(0, 7).Draw(t, "stay open") == 0 {
		require.NoError(t, f.store.Close())
		f.open(t)
	}
}

func (f *forest) open(t *rapid.T) {
	s, err := Open(t.Context(), f.path)
	require.NoError(t, err)
	f.store = s
}

// Check compares the conversations after each action.
func (f *forest) Check(t *rapid.T) {
	for _, user := range twoUsers {
		list, err := f.store.Conversations(t.Context(), user)
		require.NoError(t, err)
		for _, c := range f.conversations {
			if c.user == user {
				f.checkConversation(t, c)
				require.True(t, slices.ContainsFunc(list, func(l Conversation) bool { return l.ID == c.id }))
				list = slices.DeleteFunc(list, func(l Conversation) bool { return l.ID == c.id })
			}
		}
		require.Empty(t, list, "and nothing else")
	}
}

// Ask asks for every message that was ever said, by anybody, and for every conversation that is gone.
func (f *forest) Ask(t *rapid.T) {
	user := rapid.SampledFrom(twoUsers).Draw(t, "user")
	for id := range f.said {
		got, err := f.store.Message(t.Context(), user, id)
		if !slices.Contains(f.order[user], id) {
			require.ErrorIs(t, err, ErrNotFound)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, f.latest(t, user, id).members[id], got)
	}
	for _, c := range f.conversations {
		f.askMembers(t, c)
	}
	for _, id := range f.deleted {
		_, err := f.store.Conversation(t.Context(), user, id)
		require.ErrorIs(t, err, ErrNotFound)
	}
}

// askMembers asks a conversation for every message that was ever said, by anybody.
func (f *forest) askMembers(t *rapid.T, c *talk) {
	for id := range f.said {
		got, err := f.store.Member(t.Context(), c.user, c.id, id)
		path, pathErr := f.store.Path(t.Context(), c.user, c.id, id)
		if !c.has(id) {
			require.ErrorIs(t, err, ErrNotFound)
			require.ErrorIs(t, pathErr, ErrNotFound)
			continue
		}
		require.NoError(t, errors.Join(err, pathErr))
		require.Equal(t, c.members[id], got)
		require.Equal(t, c.all(f.chain(id)), path)
	}
}

// Search looks for a word, which is a message's whole text or a title.
func (f *forest) Search(t *rapid.T) {
	user, word := rapid.SampledFrom(twoUsers).Draw(t, "user"), rapid.SampledFrom(words).Draw(t, "word")
	want := slices.DeleteFunc(slices.Clone(f.order[user]), func(id string) bool { return f.said[id].Content != word })
	got := []string{}
	list, err := f.store.Search(t.Context(), user, word, 0)
	require.NoError(t, err)
	for _, found := range list {
		in := slices.IndexFunc(f.conversations, func(c *talk) bool { return c.user == user && c.id == found.Conversation })
		require.GreaterOrEqual(t, in, 0, "a conversation of the user")
		if found.Message != "" {
			require.Equal(t, f.latest(t, user, found.Message), f.conversations[in])
			require.Equal(t, f.conversations[in].members[found.Message].CreatedAt, found.At)
			got = append(got, found.Message)
		}
	}
	require.ElementsMatch(t, want, got)
}

func (f *forest) checkConversation(t *rapid.T, want *talk) {
	c, err := f.store.Conversation(t.Context(), want.user, want.id)
	require.NoError(t, err)
	require.Equal(t, want.head, c.Head)
	require.Equal(t, f.said[want.head].Content, c.Preview)
	require.Equal(t, len(f.chain(want.head)), c.MessageCount)
	require.Equal(t, want.spent, c.Usage.Turns)
	require.Equal(t, want.active == nil, c.Active == "")
	path, err := f.store.Path(t.Context(), want.user, want.id, c.Head)
	require.NoError(t, err)
	require.Equal(t, want.all(f.chain(want.head)), path)
	members, err := f.store.Members(t.Context(), want.user, want.id)
	require.NoError(t, err)
	require.Equal(t, want.all(want.order), members)
}

// checkTables looks for what no call shows: rows that nobody would find, and parents that are not members.
func (f *forest) checkTables(t *rapid.T) {
	require.Equal(t, len(f.order["ann"])+len(f.order["bob"]), rowCount(t, f.store, "messages"))
	for _, none := range []string{
		`messages WHERE seq NOT IN (SELECT message FROM members)`,
		`members m JOIN messages child ON child.seq = m.message JOIN messages parent ON parent.user_name = child.user_name AND parent.id = child.parent
			WHERE NOT EXISTS (SELECT 1 FROM members WHERE conversation = m.conversation AND message = parent.seq)`,
		`messages child WHERE parent <> '' AND NOT EXISTS (SELECT 1 FROM messages WHERE user_name = child.user_name AND id = child.parent AND seq < child.seq)`,
		`members m JOIN messages ON messages.seq = m.message JOIN conversations c ON c.seq = m.conversation WHERE c.user_name <> messages.user_name`,
	} {
		require.Zero(t, rowCount(t, f.store, none), none)
	}
}

func TestATreeIsWhatItsModelIs(t *testing.T) {
	t.Parallel()
	dir, n := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		f := &forest{path: filepath.Join(dir, fmt.Sprint(n), "spool.db"), order: map[string][]string{}, said: map[string]Message{}}
		require.NoError(t, os.Mkdir(filepath.Dir(f.path), 0o700))
		f.open(t)
		defer func() { require.NoError(t, f.store.Close()) }()
		t.Repeat(rapid.StateMachineActions(f))
		f.checkTables(t)
		require.NoError(t, checkPages(t.Context(), f.store.changes.DB))
	})
}
