package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// A client of a long conversation loses its connection again and again, at every place where
// that can happen, and goes on behind the last frame that it has. What it gets in all is what
// one gets whose connection holds.
func TestN04CutSubscribersMissNothing(t *testing.T) {
	t.Parallel()
	const turns, count = 5, 1820
	w := newWorld(t, "--log-level=warn", "--ping-interval=1s")
	w.start()
	dice, cuts := random(t), times(200, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cuts)*time.Second/4+patience)
	defer cancel()
	id, said := w.newConversation(), numbered(turns, count, 0)
	said[1].pause = 200 * time.Microsecond // one comes slowly, line by line
	uncut := reading{done: make(chan struct{})}
	go func() {
		defer close(uncut.done)
		uncut.copied, uncut.err = w.converse(ctx, id, said, func(chatFrame) {})
	}()
	var got copied
	ends, made := 0, 0
	for ends < turns && !uncut.failed() {
		require.NoError(t, ctx.Err())
		c := &cutter{dice: dice, frames: -1}
		if made < cuts {
			c.choose(turns * count / cuts)
		}
		require.NoError(t, got.read(c.into(ctx), w, id, func(f chatFrame) bool {
			if f.Kind == schema.KindComplete {
				ends++
			}
			return ends == turns
		}))
		if c.cut.Load() {
			made++
		}
	}
	<-uncut.done
	require.NoError(t, uncut.err)
	t.Logf("%d frames, %d cuts", got.last(), made)
	require.GreaterOrEqual(t, made, min(cuts, 50))
	require.Len(t, got.frames, turns*(framesOf(count)+2))
	require.Equal(t, uncut.frames, got.frames)
	require.NotContains(t, w.log.String(), "level=ERROR", "a lost connection is no fault of the server's")
	requireSaid(t, got, said)
}

// reading is a copy that somebody else makes.
type reading struct {
	copied
	err  error
	done chan struct{}
}

func (r *reading) failed() bool {
	select {
	case <-r.done:
		return r.err != nil
	default:
		return false
	}
}

// numbered returns tasks whose words are numbered.
func numbered(turns, count int, pause time.Duration) (tasks []task) {
	for i := range turns {
		tasks = append(tasks, task{count: count, pause: pause, word: fmt.Sprintf("turn-%d", i)})
	}
	return tasks
}

// requireSaid checks that a journal tells these turns, one after the other, whole.
func requireSaid(t *testing.T, j copied, turns []task) {
	t.Helper()
	rest := slices.DeleteFunc(slices.Clone(j.frames), func(text string) bool { // such as its place in the queue
		return parsed(t, text).Kind == schema.KindStatus
	})
	for _, turn := range turns {
		whole := framesOf(turn.count) + 2
		require.GreaterOrEqual(t, len(rest), whole)
		requireTurn(t, rest[:whole], turn)
		rest = rest[whole:]
	}
	require.Empty(t, rest)
}

// requireTurn checks that these frames are a turn.
func requireTurn(t *testing.T, frames []string, turn task) {
	t.Helper()
	user, complete := parsed(t, frames[0]), parsed(t, frames[len(frames)-1])
	require.True(t, user.is(turn.word), user.text)
	require.Equal(t, turn.prompt(), user.Content)
	require.True(t, complete.Kind == schema.KindComplete && complete.Success, complete.text)
	var texts []string
	for _, text := range frames[1:] {
		f := parsed(t, text)
		require.Equal(t, user.RunID, f.RunID)
		if f.Kind == schema.KindText {
			texts = append(texts, f.Content)
		}
	}
	require.Equal(t, answerOf(turn.word, turn.count), strings.Join(texts, "\n\n"))
}

func parsed(t *testing.T, text string) (f chatFrame) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &f), text)
	f.text = text
	return f
}

// Fifty look at a conversation, each from some moment on, and one of them leaves. All see the
// same, and the run goes on.
func TestN05SubscribersSeeTheSame(t *testing.T) {
	t.Parallel()
	const joiners, turns, count = 50, 3, 300
	w := newWorld(t, "--log-level=warn")
	w.start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id, said, dice := w.newConversation(), numbered(turns, count, time.Millisecond), random(t)
	joins := map[int64][]int{} // who joins at a frame
	for i := range joiners {
		at := int64(1 + dice.IntN(turns*framesOf(count)))
		joins[at] = append(joins[at], i)
	}
	got, errs := make([]copied, joiners), make([]error, joiners)
	var all sync.WaitGroup
	reference, err := w.converse(ctx, id, said, func(f chatFrame) {
		for _, i := range joins[f.Seq] {
			all.Go(func() {
				errs[i] = got[i].read(ctx, w, id, func(g chatFrame) bool {
					leaves := i == 0 && g.Seq > f.Seq
					return leaves || g.Seq == turns*int64(framesOf(count)+2)
				})
			})
		}
	})
	require.NoError(t, err)
	all.Wait()
	requireSaid(t, reference, said)
	for i := range joiners {
		require.NoError(t, errs[i])
		if i == 0 {
			require.Equal(t, reference.frames[:len(got[i].frames)], got[i].frames)
		} else {
			require.Equal(t, reference.frames, got[i].frames)
		}
	}
}

// Clients come back twenty times in a row, and send their message again each time. It is
// answered once, and they have every frame once.
func TestN08ClientsThatComeBackAgainAndAgainSendOnce(t *testing.T) {
	t.Parallel()
	const comebacks, count = 20, 120
	clients := times(8, 100)
	w := newWorld(t, "--log-level=warn", "--max-runs=8", "--max-queue=200")
	w.start()
	ctx, cancel := context.WithTimeout(t.Context(), patience+time.Duration(clients)*time.Second)
	defer cancel()
	senders, dice := make([]*sender, clients), random(t)
	var all sync.WaitGroup
	for i := range senders {
		s := &sender{conversation: w.newConversation(), task: task{count: count, pause: 5 * time.Millisecond, word: fmt.Sprintf("client-%d", i)}}
		senders[i] = s
		seed := dice.Uint64()
		all.Go(func() { s.insist(ctx, w, comebacks, rand.New(rand.NewPCG(seed, 0))) })
	}
	all.Wait()
	for _, s := range senders {
		require.NoError(t, s.err)
		requireSaid(t, s.copied, []task{s.task})
		require.Equal(t, 1, w.traces(s.word), "the agent got it more than once")
	}
}

// sender is a client that wants an answer to one message.
type sender struct {
	copied
	task
	conversation string
	ended        bool
	err          error // what must never happen
}

// insist sends the message until it has the whole answer. So many times the connection is cut.
func (s *sender) insist(ctx context.Context, w *world, cuts int, dice *rand.Rand) {
	for n := 0; s.err == nil && !s.ended && ctx.Err() == nil; n++ {
		c := &cutter{dice: dice, frames: -1}
		if n < cuts {
			c.choose(s.count / cuts)
		}
		s.err = s.try(c.into(ctx), w)
	}
	if s.err == nil {
		s.err = ctx.Err()
	}
}

// try asks for what is there, and sends the message once more.
func (s *sender) try(ctx context.Context, w *world) error {
	c, err := w.chat(ctx)
	if err != nil {
		return nil //nolint:nilerr // cut in the handshake
	}
	defer c.Close()
	if s.subscribe(c, s.conversation) != nil || c.send(s.conversation, s.task) != nil {
		return nil // cut
	}
	for !s.ended {
		f, err := c.hear()
		if err != nil {
			return nil //nolint:nilerr // cut
		}
		if f.Kind == schema.KindProtocolError {
			return fmt.Errorf("refused: %s", f.text)
		}
		if err := s.take(f); err != nil {
			return err
		}
		s.ended = f.Kind == schema.KindComplete
	}
	return nil
}
