package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// A hundred send to one conversation in the same moment. One is answered, and each of the
// others is told once that it is not.
func TestN08OneOfManyMessagesAtOnceIsAnswered(t *testing.T) {
	t.Parallel()
	const senders = 100
	w := newWorld(t, "--log-level=warn")
	w.start()
	id := w.newConversation()
	sockets := make([]*chatSocket, senders)
	for i := range sockets {
		var err error
		sockets[i], err = w.chat(t.Context())
		require.NoError(t, err)
		defer sockets[i].Close()
	}
	for round := range times(3, 50) {
		turns := make([]task, senders)
		for i := range turns {
			turns[i] = task{count: 10, pause: 300 * time.Millisecond, word: fmt.Sprintf("round-%d-%d", round, i)}
		}
		accepted := requireOne(t, id, sendAll(t, id, sockets, turns))
		w.awaitIdle(id)
		for i, turn := range turns {
			require.Equal(t, i == accepted, w.traces(turn.word) == 1)
		}
		var list schema.MessageList
		w.get("/api/messages?chat="+id, &list)
		require.Len(t, list.Messages, 2*(round+1))
		require.Equal(t, turns[accepted].prompt(), list.Messages[2*round].Content)
	}
}

// sendAll sends every turn on a socket of its own, all at once, and returns what each is answered.
func sendAll(t *testing.T, id string, sockets []*chatSocket, turns []task) [][]chatFrame {
	t.Helper()
	frames, errs := make([][]chatFrame, len(turns)), make([]error, len(turns))
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i, c := range sockets {
		all.Go(func() {
			<-begin
			if errs[i] = c.send(id, turns[i]); errs[i] == nil {
				frames[i], errs[i] = c.untilAnswered()
			}
		})
	}
	close(begin)
	all.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	return frames
}

// requireOne checks that all but one were told once that a run goes on, and returns that one.
func requireOne(t *testing.T, id string, answers [][]chatFrame) int {
	t.Helper()
	accepted := -1
	for i, frames := range answers {
		refused := refusals(frames)
		if len(refused) == 0 {
			require.Equal(t, -1, accepted, "two were accepted")
			accepted = i
			continue
		}
		require.Len(t, refused, 1)
		require.Equal(t, []any{schema.RunInProgress, id}, []any{refused[0].Code, refused[0].SessionID}, refused[0].text)
	}
	require.NotEqual(t, -1, accepted, "none was accepted")
	return accepted
}

func refusals(frames []chatFrame) (refused []chatFrame) {
	for _, f := range frames {
		if f.Kind == schema.KindProtocolError {
			refused = append(refused, f)
		}
	}
	return refused
}

// awaitIdle waits until a conversation answers no more.
func (w *world) awaitIdle(id string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool { c := w.conversation(id); return c.Run == "" && c.Queued == 0 }, patience, 20*time.Millisecond)
}

// Many conversations go on while sockets subscribe to some of them and leave others, in every
// order. No frame of a conversation comes to a socket that does not look at it, and to one that
// does each comes once, in order.
func TestN10FramesComeOnlyToWhoSubscribes(t *testing.T) {
	t.Parallel()
	const conversations, sockets = 12, 16
	w := newWorld(t, "--log-level=warn", "--max-runs=12")
	w.start()
	turns := times(3, 40)
	ctx, cancel := context.WithTimeout(t.Context(), patience+time.Duration(turns)*2*time.Second)
	defer cancel()
	ids := make([]string, conversations)
	for i := range ids {
		ids[i] = w.newConversation()
	}
	lookers, dice := make([]*looker, sockets), random(t)
	for i := range lookers {
		c, err := w.chat(ctx)
		require.NoError(t, err)
		defer c.Close()
		lookers[i] = newLooker(c, ids, rand.New(rand.NewPCG(dice.Uint64(), 0)))
	}
	talking, over := context.WithCancel(ctx)
	var looks sync.WaitGroup
	for _, l := range lookers {
		looks.Go(func() { l.err = l.churn(talking) })
	}
	journals := w.talk(ctx, ids, turns)
	over()
	looks.Wait()
	frames := 0
	for _, l := range lookers {
		require.NoError(t, l.err)
		for _, f := range l.seen {
			require.Equal(t, journals[f.SessionID].frames[f.Seq-1], f.text)
			frames++
		}
	}
	t.Logf("%d frames came to %d sockets", frames, sockets)
	require.Positive(t, frames)
}

// talk has conversations take so many turns each, and returns their journals.
func (w *world) talk(ctx context.Context, ids []string, turns int) map[string]copied {
	w.t.Helper()
	journals, errs := make([]copied, len(ids)), make([]error, len(ids))
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			journals[i], errs[i] = w.converse(ctx, id, numbered(turns, 60, 3*time.Millisecond), func(chatFrame) {})
		})
	}
	all.Wait()
	byID := map[string]copied{}
	for i, id := range ids {
		require.NoError(w.t, errs[i])
		byID[id] = journals[i]
	}
	return byID
}

// looker is a client that looks at conversations and leaves them.
type looker struct {
	*chatSocket
	ids  []string
	dice *rand.Rand
	at   map[string]int64 // the last frame of the conversations that it looks at; -1 is any
	seen []chatFrame
	err  error
}

func newLooker(c *chatSocket, ids []string, dice *rand.Rand) *looker {
	return &looker{chatSocket: c, ids: ids, dice: dice, at: map[string]int64{}}
}

// churn subscribes and unsubscribes. The error is a frame that must not have come.
func (l *looker) churn(talking context.Context) error {
	for talking.Err() == nil {
		id := l.ids[l.dice.IntN(len(l.ids))]
		lastSeq, looks := l.at[id]
		do := l.look
		if looks && l.dice.IntN(3) > 0 {
			do = l.leave
		}
		if err := do(id, max(lastSeq, 0)); err != nil {
			return err
		}
	}
	return nil
}

// look subscribes, to what comes from now on or to everything behind a frame.
func (l *looker) look(id string, lastSeq int64) error {
	history := l.dice.IntN(2) == 0
	session := map[string]any{"sessionId": id, "lastSeq": lastSeq, "history": history}
	if err := l.say("chat.subscribe", map[string]any{"sessions": []any{session}}); err != nil {
		return err
	}
	frames, err := l.untilAnswered()
	for _, f := range frames {
		if f.Kind == schema.KindChatSubscribed {
			if l.at[id] = -1; history {
				l.at[id] = lastSeq
			}
		} else if err := l.take(f); err != nil {
			return err
		}
	}
	return err
}

func (l *looker) leave(id string, _ int64) error {
	if err := l.say("chat.unsubscribe", map[string]any{"sessions": []any{map[string]any{"sessionId": id}}}); err != nil {
		return err
	}
	frames, err := l.untilAnswered()
	for _, f := range frames {
		if err := l.take(f); err != nil {
			return err
		}
	}
	delete(l.at, id)
	return err
}

// take checks a frame that came.
func (l *looker) take(f chatFrame) error {
	if f.Seq == 0 {
		return nil
	}
	last, looks := l.at[f.SessionID]
	if !looks || last >= 0 && f.Seq != last+1 {
		return fmt.Errorf("subscribed: %t, last frame %d, and there came %s", looks, last, f.text)
	}
	l.at[f.SessionID] = f.Seq
	l.seen = append(l.seen, f)
	return nil
}
