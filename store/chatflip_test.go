package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// sampleChats is what a store of conversations was given.
type sampleChats struct {
	conversations []Conversation
	members       map[string][]Message // of a conversation
	approvals     []Approval
}

// fillChats fills a store with conversations, and returns what is in it.
func fillChats(t *testing.T, s *Store) sampleChats {
	t.Helper()
	chats := sampleChats{members: map[string][]Message{}}
	for i := range 6 {
		c := fullConversation(i)
		c.User = []string{"ann", "bob"}[i%2]
		c.Active, c.Run, c.Queue, c.Queued = "", "", nil, 0
		require.NoError(t, s.InsertConversation(t.Context(), c))
		first, turn := newTurn(c.User, c.ID, "hello", "") // which others begin with as well
		_, err := s.InsertTurn(t.Context(), first, turn)
		require.NoError(t, err)
		finish(t, s, first, "hi")
		for j := range 4 {
			text := fmt.Sprintf("needle %d %d %s", i, j, strings.Repeat("hay ", 50*j))
			say(t, s, c.User, c.ID, text)
		}
		run := newRun()
		run.User, run.Conversation = c.User, c.ID
		a := newApproval(run)
		require.NoError(t, s.InsertApproval(t.Context(), a))
		chats.approvals = append(chats.approvals, a)
		c, err = s.Conversation(t.Context(), c.User, c.ID)
		require.NoError(t, err)
		chats.conversations = append(chats.conversations, c)
		chats.members[c.ID], err = s.Members(t.Context(), c.User, c.ID)
		require.NoError(t, err)
	}
	return chats
}

func TestD03FlippedBitsOfConversationsAreNeverServed(t *testing.T) {
	t.Parallel()
	path := dbPath(t)
	s, err := Open(t.Context(), path)
	require.NoError(t, err)
	chats := fillChats(t, s)
	require.NoError(t, s.Close())
	count := flipBits(t, path, flips, func(s *Store) (outcome, error) { return chats.look(t.Context(), s) })
	require.NotZero(t, count[wasRefused])
	require.NotZero(t, count[wasReported])
	require.NotZero(t, count[hadNoEffect], "in room that is not used")
}

// look asks a store for everything; the error says what was served and is not what was written, or is
// missing and was not reported.
func (chats sampleChats) look(ctx context.Context, s *Store) (outcome, error) {
	seen := hadNoEffect
	var wrong []error
	check := func(what string, want, got any, err error) {
		switch {
		case errors.Is(err, ErrDamaged):
			seen = wasReported
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: neither served nor reported: %w", what, err))
		case !reflect.DeepEqual(want, got):
			wrong = append(wrong, fmt.Errorf("%s: served, and not what was written: %v", what, got))
		}
	}
	for _, want := range chats.conversations {
		c, err := s.Conversation(ctx, want.User, want.ID)
		check("conversation", want, c, err)
		members, err := s.Members(ctx, want.User, want.ID)
		check("members", chats.members[want.ID], members, err)
		wrong = append(wrong, served(members, chats.members[want.ID]))
		path, err := s.Path(ctx, want.User, want.ID, want.Head)
		check("path", chats.members[want.ID], path, err)
		wrong = append(wrong, served(path, chats.members[want.ID]))
	}
	for _, want := range chats.approvals {
		a, err := s.Approval(ctx, want.User, want.ID)
		check("approval", want, a, err)
	}
	wrong = append(wrong, chats.lookAtLists(ctx, s, check), chats.lookForWords(ctx, s))
	return seen, errors.Join(wrong...)
}

// served says which of the messages that came with an error were not written so.
func served(got, written []Message) error {
	for _, m := range got {
		if !slices.Contains(written, m) {
			return fmt.Errorf("message %s served, and not what was written", m.ID)
		}
	}
	return nil
}

func (chats sampleChats) lookAtLists(ctx context.Context, s *Store, check func(string, any, any, error)) error {
	for _, user := range []string{"ann", "bob"} {
		list, err := s.Conversations(ctx, user)
		for _, c := range list {
			if !slices.ContainsFunc(chats.conversations, func(want Conversation) bool { return reflect.DeepEqual(want, c) }) {
				return fmt.Errorf("conversation %s listed, and not what was written", c.ID)
			}
		}
		check("list of conversations", 3, len(list), err)
	}
	list, err := s.Approvals(ctx, ApprovalFilter{State: schema.ApprovalPending})
	check("list of approvals", len(chats.approvals), len(list), err)
	return nil
}

// lookForWords says what was found and never said. The index may lose a word.
func (chats sampleChats) lookForWords(ctx context.Context, s *Store) error {
	list, err := s.Search(ctx, "ann", "needle", 0)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return err
	}
	for _, f := range list {
		at := slices.IndexFunc(chats.conversations, func(c Conversation) bool { return c.ID == f.Conversation && c.User == "ann" && c.Title == f.Title })
		if at < 0 {
			return fmt.Errorf("found in a conversation of another: %+v", f)
		}
		said := slices.ContainsFunc(chats.members[f.Conversation], func(m Message) bool {
			text := strings.Trim(strings.NewReplacer(hitBegin, "", hitEnd, "").Replace(f.Snippet), "…")
			return m.ID == f.Message && strings.Contains(m.Content, text)
		})
		if !said {
			return fmt.Errorf("found, and never said: %+v", f)
		}
	}
	return nil
}
