package chat

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/run"
	"spool/schema"
)

func TestAKeyIsOneConversation(t *testing.T) {
	h := newHouse(t, nil)
	_, err := h.keyed(t.Context(), "", "main")
	require.ErrorIs(t, err, schema.ErrNoSession)
	messages, err := h.Transcript(t.Context(), "", "main")
	require.NoError(t, err)
	require.Equal(t, []schema.Message{}, messages)
	ids := make(chan string, 20)
	var asking sync.WaitGroup
	for range cap(ids) {
		asking.Go(func() {
			id, err := h.OpenKeyed(t.Context(), "", "main")
			require.NoError(t, err)
			ids <- id
		})
	}
	asking.Wait()
	id := <-ids
	for range cap(ids) - 1 {
		require.Equal(t, id, <-ids)
	}
	other, err := h.OpenKeyed(t.Context(), "", "Main")
	require.NoError(t, err)
	require.NotEqual(t, id, other)
	theirs, err := h.OpenKeyed(t.Context(), "u2", "main")
	require.NoError(t, err)
	require.NotEqual(t, id, theirs)
	c := h.get(id)
	require.Equal(t, "main", c.Title)
}

// The key is the record's, whatever becomes of the title.
func TestAKeyOutlivesTheServerAndItsTitle(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := newHouseIn(t, dir, nil)
	id, err := first.OpenKeyed(t.Context(), "", "main")
	require.NoError(t, err)
	title := "Pelicans"
	_, err = first.Update(t.Context(), "", id, Update{Title: &title})
	require.NoError(t, err)
	first.stop()
	h := newHouseIn(t, dir, nil)
	again, err := h.OpenKeyed(t.Context(), "", "main")
	require.NoError(t, err)
	require.Equal(t, id, again)
	require.NoError(t, h.Delete(t.Context(), "", id))
	_, err = h.keyed(t.Context(), "", "main")
	require.ErrorIs(t, err, schema.ErrNoSession)
	anew, err := h.OpenKeyed(t.Context(), "", "main")
	require.NoError(t, err)
	require.NotEqual(t, id, anew)
}

// A client that has lost the answer asks again.
func TestARequestThatComesAgainMakesNoOtherConversation(t *testing.T) {
	h := newHouse(t, nil)
	n := NewConversation{Title: "Pelicans"}
	first, err := h.CreateRequested(t.Context(), "", "c-1", n)
	require.NoError(t, err)
	h.stop()
	next := newHouseIn(t, h.dir, nil)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			again, err := next.CreateRequested(t.Context(), "", "c-1", n)
			require.NoError(t, err)
			require.Equal(t, first, again)
		})
	}
	all.Wait()
	for user, id := range map[string]string{"": "c-2", "somebody else": "c-1", "nobody": ""} {
		other, err := next.CreateRequested(t.Context(), user, id, n)
		require.NoError(t, err)
		require.NotEqual(t, first.ID, other.ID)
	}
	named, err := next.OpenKeyed(t.Context(), "", "c-1")
	require.NoError(t, err)
	require.NotEqual(t, first.ID, named, "what a client calls a session is something else")
	require.NoError(t, next.Delete(t.Context(), "", first.ID))
	anew, err := next.CreateRequested(t.Context(), "", "c-1", n)
	require.NoError(t, err)
	require.NotEqual(t, first.ID, anew.ID)
}

// What a client that has given up has asked for is made all the same: it is there when it asks again.
func TestARequestOfAClientThatHasLeftMakesOneConversation(t *testing.T) {
	h := newHouse(t, nil)
	h.create()
	_, err := h.keyed(t.Context(), "", "read them")
	require.ErrorIs(t, err, schema.ErrNoSession)
	left, leave := context.WithCancel(t.Context())
	leave()
	for n := range 20 {
		id := "c-" + strconv.Itoa(n)
		_, _ = h.CreateRequested(left, "", id, NewConversation{})
		_, err := h.CreateRequested(t.Context(), "", id, NewConversation{})
		require.NoError(t, err)
		all, err := h.List(t.Context(), "")
		require.NoError(t, err)
		require.Len(t, all, n+2)
	}
}

func TestNothingIsLeftOfTheKeysOfWhatIsDeleted(t *testing.T) {
	h := newHouse(t, nil)
	for n := range 3 {
		c, err := h.CreateRequested(t.Context(), "", "c-"+strconv.Itoa(n), NewConversation{})
		require.NoError(t, err)
		require.NoError(t, h.Delete(t.Context(), "", c.ID))
	}
	require.Empty(t, h.keys.known[""])
}

func TestWhoAsksGetsTheAnswerInTurn(t *testing.T) {
	h, c := oneConversation(t, nil)
	var asking sync.WaitGroup
	for _, content := range []string{"one", "two", "three"} {
		asking.Go(func() {
			asked, err := h.Ask(t.Context(), "", Send{Conversation: c.ID, Content: content})
			require.NoError(t, err)
			require.True(t, asked.End.Success)
			require.Contains(t, asked.Message.Content, content)
			require.Equal(t, asked.Run, asked.Message.Run)
		})
	}
	asking.Wait()
	messages, _ := h.messages(c.ID)
	require.Len(t, messages, 6)
}

// What is said after the same history is the same message, and each conversation has got it from a run of its own.
func TestWhoAsksWhatWasAskedElsewhereIsAnswered(t *testing.T) {
	h := newHouse(t, nil)
	answers := []string{}
	for range 2 {
		asked, err := h.Ask(t.Context(), "", Send{Conversation: h.create().ID, Content: "hello"})
		require.NoError(t, err)
		require.True(t, asked.End.Success)
		require.Equal(t, asked.Run, asked.Message.Run)
		answers = append(answers, asked.Message.Content)
	}
	require.NotEmpty(t, answers[0])
	require.Equal(t, answers[0], answers[1])
}

func TestWhoAsksLearnsOfFailures(t *testing.T) {
	h, c := oneConversation(t, nil)
	asked, err := h.Ask(t.Context(), "", Send{Conversation: c.ID, Content: "crash"})
	require.NoError(t, err)
	require.False(t, asked.End.Success)
	require.Equal(t, schema.ExitNonzero, asked.End.Code)
	_, err = h.Ask(t.Context(), "", Send{Conversation: c.ID, Content: " "})
	require.ErrorIs(t, err, schema.NewError(schema.InvalidContent, ""))
	_, err = h.Ask(t.Context(), "", Send{Conversation: "conv-aaaaaaaaaaaaaaaaaaaaaaaaaa", Content: "hi"})
	require.ErrorIs(t, err, schema.ErrNoSession)
}

// Who waits for a conversation that is deleted does not wait for ever.
func TestWhoAsksADeletedConversationIsTold(t *testing.T) {
	h, c := oneConversation(t, func(_ *Config, runs *run.Config) { runs.StopGrace = 1 })
	v := h.view(c.ID, From{})
	h.send(c.ID, "hang")
	v.until(schema.KindText)
	ended := make(chan error, 1)
	go func() {
		_, err := h.Ask(t.Context(), "", Send{Conversation: c.ID, Content: "later"})
		ended <- err
	}()
	require.Eventually(t, func() bool {
		now, err := h.Get(t.Context(), "", c.ID)
		return err == nil && now.Queued == 1
	}, patience, patience/10000)
	require.NoError(t, h.Delete(t.Context(), "", c.ID))
	require.ErrorIs(t, <-ended, schema.ErrNoSession)
}
