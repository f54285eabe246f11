package faults

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// Subscriptions come in the very moment in which a run ends. Each sees its end exactly once,
// with everything before, or is told that nothing goes on.
func TestN06SubscriptionsAmidTheEndSeeItOnce(t *testing.T) {
	t.Parallel()
	const racers, count = 20, 10
	w := newWorld(t, "--log-level=warn")
	w.start()
	rounds := times(10, 100)
	ctx, cancel := context.WithTimeout(t.Context(), patience+time.Duration(rounds)*time.Second)
	defer cancel()
	said := numbered(rounds+2, count, 0) // the first one is there before, the last one tells that the one before is over
	r := &race{conversation: w.newConversation(), dice: random(t), turns: said}
	var left sync.WaitGroup
	for range racers {
		c, err := w.chat(ctx)
		require.NoError(t, err)
		racer := &racer{chatSocket: c, race: r, starts: make(chan start, 1)}
		r.racers = append(r.racers, racer)
		left.Go(racer.run)
	}
	reference, err := w.converse(ctx, r.conversation, said, r.seen)
	r.over()
	left.Wait()
	require.NoError(t, err)
	requireSaid(t, reference, said)
	ways := map[string]int{}
	for _, racer := range r.racers {
		require.NoError(t, racer.err)
		require.Len(t, racer.results, rounds)
		for _, result := range racer.results {
			ways[result.check(t, reference)]++
		}
	}
	t.Logf("%v", ways)
	require.Positive(t, ways["live"])
	require.Positive(t, ways["over"])
}

// race has some clients subscribe to a conversation in the last moments of each of its turns.
type race struct {
	conversation string
	dice         *rand.Rand
	turns        []task
	racers       []*racer

	turn       int
	prior      int64             // the last frame before this turn
	at         map[int64][]start // who starts behind a frame
	subscribed sync.WaitGroup
}

// start is how a client subscribes.
type start struct {
	racer   *racer
	delay   time.Duration
	lastSeq int64
	history bool
	until   string // the message with which the next turn begins
}

// seen is called with every frame of the turns. The next message is sent when all have subscribed.
func (r *race) seen(f chatFrame) {
	if f.Role == schema.RoleUser {
		r.draw(f.Seq)
	}
	for _, s := range r.at[f.Seq] {
		s.racer.starts <- s
	}
	if f.Kind == schema.KindComplete {
		r.subscribed.Wait()
		r.turn++
	}
}

// draw decides who starts when in the turn that begins with a frame.
func (r *race) draw(begin int64) {
	r.at, r.prior = map[int64][]start{}, begin-1
	if r.turn == 0 || r.turn == len(r.turns)-1 {
		return
	}
	frames := int64(framesOf(r.turns[r.turn].count) + 2)
	end := r.prior + frames
	for _, racer := range r.racers {
		r.subscribed.Add(1)
		when := end - min(r.dice.Int64N(frames), r.dice.Int64N(frames))
		has := []int64{0, r.prior, r.prior + r.dice.Int64N(when-r.prior+1), when}[r.dice.IntN(4)]
		r.at[when] = append(r.at[when], start{
			racer, time.Duration(r.dice.IntN(3000)) * time.Microsecond, has, r.dice.IntN(2) == 0, r.turns[r.turn+1].word,
		})
	}
}

func (r *race) over() {
	for _, racer := range r.racers {
		close(racer.starts)
	}
}

// racer is one of the clients.
type racer struct {
	*chatSocket
	race    *race
	starts  chan start
	results []result
	err     error
}

// result is what a client has got: between the answer to its subscription and the next turn.
type result struct {
	start
	prior  int64
	ack    chatFrame
	frames []chatFrame
}

func (x *racer) run() {
	defer x.Close()
	for s := range x.starts {
		acked := sync.OnceFunc(x.race.subscribed.Done)
		if x.err == nil {
			x.err = x.subscribe(s, acked)
		}
		acked()
	}
}

func (x *racer) subscribe(s start, acked func()) error {
	r := result{start: s, prior: x.race.prior}
	pauseFor(context.Background(), s.delay)
	session := map[string]any{"sessionId": x.race.conversation, "lastSeq": s.lastSeq, "history": s.history}
	if err := x.say("chat.subscribe", map[string]any{"sessions": []any{session}}); err != nil {
		return err
	}
	for r.ack.Kind == "" {
		f, err := x.hear()
		if err != nil {
			return err
		}
		if f.Kind == schema.KindChatSubscribed { // what comes before is of the last time
			r.ack = f
		}
	}
	acked()
	for {
		f, err := x.hear()
		if err != nil {
			return err
		}
		if f.is(s.until) {
			break
		}
		if f.Seq > 0 {
			r.frames = append(r.frames, f)
		}
	}
	x.results = append(x.results, r)
	return x.say("chat.unsubscribe", map[string]any{"sessions": []any{session}})
}

// check compares a result with what there is, and returns how the client has seen the end.
func (r result) check(t *testing.T, reference copied) (way string) {
	t.Helper()
	end := r.prior
	for parsed(t, reference.frames[end]).Kind != schema.KindComplete {
		end++
	}
	end++ // its seq
	first, replay := r.expected(end)
	require.Equal(t, replay, r.ack.Replay, r.ack.text)
	require.Equal(t, replay == schema.ReplayReset, r.ack.Code == schema.ReplayGap, r.ack.text)
	require.LessOrEqual(t, r.ack.LastSeq, end)
	require.Equal(t, r.ack.IsProcessing, r.ack.RunID != "", r.ack.text)
	var got []string
	for _, f := range r.frames {
		got = append(got, f.text)
	}
	want := reference.frames[min(first, end+1)-1 : end]
	require.Equal(t, append([]string(nil), want...), got, "has %d of %d, history %t: %s", r.lastSeq, end, r.history, r.ack.text)
	switch {
	case r.ack.IsProcessing:
		require.NotEmpty(t, got, "it waits for an end that has been: %s", r.ack.text)
		return "live"
	case len(got) > 0:
		return "replayed"
	default:
		require.Equal(t, end, r.ack.LastSeq)
		return "over"
	}
}

// expected returns the first frame that is to come, and what is said of those before.
func (r result) expected(end int64) (first int64, replay string) {
	switch {
	case r.history:
		return r.lastSeq + 1, schema.ReplayComplete
	case r.ack.IsProcessing:
		return max(r.lastSeq, r.prior) + 1, schema.ReplayComplete
	case r.lastSeq == 0 || r.lastSeq == end:
		return end + 1, schema.ReplayComplete
	default: // the run that it has some of is over
		return end + 1, schema.ReplayReset
	}
}
