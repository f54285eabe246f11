package main

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// The client of the first gateway subscribes to nothing: it sends, and sees what comes of it.
func TestTheSenderOfAMessageSeesItsRun(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	c.send(id, answering("hello"), `,"clientMessageId":"m-1"`)
	end, all := c.until("complete")
	require.True(t, end.Success, end.text)
	frames := all[:0:0]
	for i, m := range all {
		if m.Seq > 0 {
			require.Equal(t, int64(len(frames)+1), m.Seq, "frame %d: %s", i, m.text)
			require.Equal(t, id, m.session())
			require.Regexp(t, schema.RunID, m.RunID)
			frames = append(frames, m)
		}
	}
	require.Equal(t, "text", frames[0].Kind)
	require.Equal(t, []string{schema.RoleUser, "m-1"}, []string{frames[0].Role, frames[0].ClientMessageID})
	require.NotContains(t, kinds(all), "chat_subscribed")
	list := s.messages(t, id)
	require.Len(t, list.Messages, 2)
	require.Equal(t, "hello", list.Messages[1].Content)
	require.Equal(t, end.Head, *list.Head)
	require.Equal(t, frames[0].MessageID, list.Messages[0].ID)
}

func TestTheSameMessageIsSentOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	for range 3 {
		c.send(id, answering("hello"), `,"clientMessageId":"m-1"`)
	}
	c.expect("complete")
	c.send(id, "other", `,"clientMessageId":"m-1"`)
	require.Equal(t, id, c.refused(schema.KeyReused).session())
	require.Len(t, s.started(t), 1)
}

// Who sees that a run is over sends the next message at once.
func TestTheNextMessageFollowsTheEndAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	id, c := s.newChat(t), s.chat(t)
	for range 20 {
		c.send(id, "stderr")
		require.True(t, c.expect("complete").Success)
	}
	require.Len(t, s.messages(t, id).Messages, 40)
}

func TestN05SubscribersSeeTheSameAndNobodyStealsAStream(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id, c := s.newChat(t), s.chat(t)
	feed := g.feed()
	c.send(id, script(g.cat()))
	begun, before := c.until("text")
	require.Equal(t, schema.RoleUser, begun.Role)

	var watchers sync.WaitGroup
	heard := make([][]string, 20)
	for i := range heard {
		fmt.Fprintln(feed, assistant(fmt.Sprint("early ", i)))
		other := s.chat(t)
		other.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
		ack := other.hear()
		require.Equal(t, "chat_subscribed", ack.Kind)
		require.True(t, ack.IsProcessing)
		require.Equal(t, schema.ReplayComplete, ack.Replay)
		if i%5 == 4 { // one that leaves changes nothing
			require.NoError(t, other.Close())
			continue
		}
		watchers.Go(func() {
			_, all := other.until("complete")
			heard[i] = journal(all)
		})
	}
	for i := range 50 {
		fmt.Fprintln(feed, assistant(fmt.Sprint("late ", i)))
	}
	fmt.Fprintln(feed, initLine+"\n"+resultLine)
	s.abortWhenSaid(t, id, "late 49")
	_, rest := c.until("complete")
	want := journal(append(before, rest...))
	watchers.Wait()
	for i, got := range heard {
		if i%5 != 4 {
			require.Equal(t, want, got, "subscriber %d", i)
		}
	}
	require.Equal(t, 1, strings.Count(strings.Join(want, ""), `"kind":"complete"`))
}

// abortWhenSaid ends a conversation's run once its journal has a text.
func (s *server) abortWhenSaid(t testing.TB, id, text string) {
	t.Helper()
	c := s.chat(t)
	c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
	for m := c.hear(); m.Content != text; m = c.hear() {
	}
	c.say(`{"type":"chat.abort","sessionId":%q}`, id)
}

func TestSubscribingAgainGoesOnWithoutGapOrRepetition(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id, c := s.newChat(t), s.chat(t)
	feed := g.feed()
	c.send(id, script(g.cat()))
	last, _ := c.until("text")
	var got []int64
	for i := range 30 { // each time on a new socket
		fmt.Fprintln(feed, assistant(fmt.Sprint(i)))
		other := s.chat(t)
		other.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q,"lastSeq":%d.7}]}`, id, last.Seq)
		require.Equal(t, schema.ReplayComplete, other.hear().Replay)
		for last = other.hear(); last.Content != fmt.Sprint(i); last = other.hear() {
			if last.Seq > 0 { // news of the conversation have none
				got = append(got, last.Seq)
			}
		}
		got = append(got, last.Seq)
		other.Close()
	}
	for i, seq := range got {
		require.Equal(t, int64(i+2), seq)
	}
	c.say(`{"type":"chat.abort","sessionId":%q}`, id)
	require.True(t, c.expect("complete").Aborted)
}

func TestN07AnEpochThatIsNotTheJournalsIsAReset(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	c.send(id, answering("hello"))
	end := c.expect("complete")
	ask := func(more string) said {
		c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q%s}]}`, id, more)
		return c.expect("chat_subscribed")
	}
	ack := ask("")
	require.Equal(t, []any{schema.ReplayComplete, false, end.Seq}, []any{ack.Replay, ack.IsProcessing, ack.LastSeq})
	for _, more := range []string{`,"lastSeq":999`, `,"lastSeq":1,"epoch":"other"`} {
		gap := ask(more)
		require.Equal(t, []any{schema.ReplayReset, schema.ReplayGap, ack.Epoch}, []any{gap.Replay, gap.Code, gap.Epoch}, more)
	}
	require.Equal(t, schema.ReplayComplete, ask(fmt.Sprintf(`,"lastSeq":%d,"epoch":%q`, end.Seq, ack.Epoch)).Replay)
	require.Equal(t, schema.ReplayComplete, ask(`,"history":true`).Replay)
	_, all := c.until("complete")
	require.Equal(t, int64(1), all[0].Seq)
}

func TestN09ARunIsAbortedOnceAndALostSocketEndsNone(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id, c := s.newChat(t), s.chat(t)
	c.send(id, script(say(initLine), g.wait(), say(assistant("on"), resultLine)))
	c.expect("text")
	require.NoError(t, c.Close())
	second, third := s.chat(t), s.chat(t)
	second.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
	require.True(t, second.expect("chat_subscribed").IsProcessing)
	third.send(id, "hi")
	require.Equal(t, id, third.refused(schema.RunInProgress).session())
	for range 5 {
		third.say(`{"type":"chat.abort","sessionId":%q}`, id)
	}
	require.True(t, second.expect("complete").Aborted)
	third.say(`{"type":"chat.abort","sessionId":%q}`, id)
	third.refused(schema.NoActiveRun) // as some of the others may have been, which came later than the end
	fourth := s.chat(t)
	fourth.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q,"history":true}]}`, id)
	_, all := fourth.until("complete")
	require.Equal(t, 1, strings.Count(strings.Join(journal(all), ""), `"complete"`))
}

// What a client has sent before it leaves is done.
func TestAMessageIsAcceptedThoughItsSenderLeavesAtOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	c.send(id, answering("hello"))
	require.NoError(t, c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "")))
	require.Eventually(t, func() bool { return len(s.messages(t, id).Messages) == 2 }, patience, patience/1000)
}

// A client that sends faster than it is served is not read meanwhile, and loses nothing.
func TestManyFramesAtOnceAreAllAnsweredInOrder(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c, sent := s.chat(t), make(chan error, 1)
	const frames = 3000
	go func() {
		for i := range frames {
			if err := c.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"type":"chat.abort","sessionId":"%d"}`, i)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range frames {
		require.Equal(t, fmt.Sprint(i), c.refused(schema.SessionNotFound).session())
	}
	require.NoError(t, <-sent)
}

func TestOneSocketFollowsNoMoreThanAThousandConversations(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	c := s.chat(t)
	var ids []string
	for len(ids) < 1001 {
		c.say(`{"type":"chat.create"}`)
		ids = append(ids, c.expect("session_upserted").session())
	}
	for _, id := range ids[:1000] {
		c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
		require.Equal(t, id, c.expect("chat_subscribed").session())
	}
	last := ids[1000]
	c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, last)
	require.Equal(t, last, c.refused(schema.Overloaded).session())
	c.send(last, "hi")
	require.Equal(t, last, c.refused(schema.Overloaded).session())
	c.say(`{"type":"chat.unsubscribe","sessions":[{"sessionId":%q},{"sessionId":%q}]}`, ids[0], last)
	c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q},{"sessionId":%q}]}`, last, ids[1])
	require.Equal(t, last, c.expect("chat_subscribed").session())
	require.Equal(t, ids[1], c.expect("chat_subscribed").session(), "it was one of them")
	s.requireNoRun(t)
}

func TestTheChatSocketClosesOnWhatIsNoText(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for code, send := range map[int]func(c *chatter) error{
		websocket.CloseUnsupportedData: func(c *chatter) error {
			return c.WriteMessage(websocket.BinaryMessage, []byte(`{"type":"list_chats"}`))
		},
		websocket.CloseInvalidFramePayloadData: func(c *chatter) error { return c.WriteMessage(websocket.TextMessage, []byte("{\"type\":\"\xff\"}")) },
		websocket.CloseMessageTooBig: func(c *chatter) error {
			return c.WriteMessage(websocket.TextMessage, []byte(strings.Repeat(" ", schema.MaxMessageBytes+1)))
		},
	} {
		c := s.chat(t)
		require.NoError(t, send(c))
		require.Equal(t, code, c.rest().code)
	}
	for _, path := range []string{"/ws?x=y", "/ws"} {
		got := s.request(t, s.getLines(path)...)
		requireError(t, got, http.StatusUpgradeRequired, schema.UpgradeRequired)
	}
}

// D05: whoever follows a run when the server is stopped sees its end, and then why the socket
// ends.
func TestD05TheChatSocketSeesTheEndOfItsRunBeforeItsOwn(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s", "--drain-grace=2s")
	id, c, silent := s.newChat(t), s.chat(t), s.chat(t)
	c.send(id, script(say(initLine), "sleep 600"))
	c.expect("text")
	s.hurry()
	require.Equal(t, schema.RunInterrupted, c.expect("complete").Code)
	require.Equal(t, schema.Draining, c.expect("protocol_error").Code)
	require.Equal(t, websocket.CloseGoingAway, c.rest().code)
	require.Equal(t, websocket.CloseGoingAway, silent.rest().code)
}
