package main

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// N03: clients that read nothing are cut, cost next to nothing until then, and nobody else notices
// them.
func TestN03AChatSocketThatTakesNothingIsCut(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stall-timeout=3s", "--ping-interval=1m")
	good := s.chat(t)
	talk := func(slow int) {
		id := s.newChat(t)
		for range slow {
			c := s.chat(t)
			c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q}]}`, id)
			c.expect("chat_subscribed")
		}
		good.send(id, script(say(initLine), saying(60, 250_000), say(resultLine)))
		_, all := good.until("complete")
		require.Greater(t, len(all), 60)
	}
	talk(0)
	cost := int64(1 << 62)
	for n := 0; n < 3 && cost >= 100<<20; n++ { // a collection of garbage that comes late looks like a cost, but not each time
		alone := s.mostMemory(t, func() { talk(0) })
		cost = s.mostMemory(t, func() { talk(10) }) - alone
	}
	require.Less(t, cost, int64(100<<20), "ten times 15 MB are not kept for them")
	require.Eventually(t, func() bool { return s.health(t).Sockets.Open == 1 }, patience, patience/1000)
	s.log.Await(t, "took nothing for too long")
}

// saying is the part of a script in which the agent says something so many times, of so many bytes.
func saying(times, size int) string {
	return fmt.Sprintf(`x=$(head -c %d /dev/zero | tr '\0' x); i=0; while [ $i -lt %d ]; do printf '%s\n' "$x"; i=$((i+1)); done`, size, times, assistant("%s"))
}

// N04: whoever comes back with what it has gets the rest, wherever it was cut.
func TestN04AJournalSurvivesItsListenersCuts(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id, sender, feed := s.newChat(t), s.chat(t), g.feed()
	sender.send(id, script(g.cat()))
	sender.expect("text")
	const lines = 1000
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		for i := range lines {
			fmt.Fprintln(feed, assistant(fmt.Sprint("line ", i)))
		}
	}()
	var last, epoch = int64(1), ""
	for cuts := 0; last < lines+1; cuts++ {
		c := s.chat(t)
		c.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q,"lastSeq":%d,"epoch":%q}]}`, id, last, epoch)
		ack := c.hear()
		require.Equal(t, schema.ReplayComplete, ack.Replay, ack.text)
		epoch = ack.Epoch
		for n := rand.IntN(60); n > 0 && last < lines+1; n-- {
			m := c.expect("text")
			require.Equal(t, last+1, m.Seq, "after %d cuts", cuts)
			last = m.Seq
		}
		require.NoError(t, c.NetConn().Close()) // wherever it is
	}
	<-fed
	sender.say(`{"type":"chat.abort","sessionId":%q}`, id)
	sender.expect("complete")
}

// N06: whoever subscribes while a run ends sees its end once, or is told that it is over.
func TestN06SubscribersThatRaceTheEndSeeItOnce(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	id, sender := s.newChat(t), s.chat(t)
	sender.send(id, answering("hello", g.wait()))
	sender.expect("text")
	var racers sync.WaitGroup
	start := make(chan struct{})
	for i := range 100 {
		c := s.chat(t)
		racers.Go(func() {
			<-start
			history := i%2 == 0
			if err := c.WriteMessage(1, fmt.Appendf(nil, `{"type":"chat.subscribe","sessions":[{"sessionId":%q,"history":%t}]}`, id, history)); err != nil {
				t.Error(err)
				return
			}
			ack := c.hear()
			if !ack.IsProcessing && !history {
				return
			}
			_, all := c.until("complete")
			for seq, m := range journalOf(all) {
				if int64(seq+1) != m.Seq {
					t.Errorf("frame %d has seq %d", seq+1, m.Seq)
				}
			}
		})
	}
	close(start)
	g.open()
	racers.Wait()
	sender.expect("complete")
	sender.say(`{"action":"list_conversations"}`)
	require.NotContains(t, kinds(sender.allUntil("conversation_list")), "complete")
}

// journalOf returns the frames of a journal among others.
func journalOf(all []said) (frames []said) {
	for _, m := range all {
		if m.Seq > 0 {
			frames = append(frames, m)
		}
	}
	return frames
}

func (c *chatter) allUntil(name string) []said {
	c.t.Helper()
	_, all := c.until(name)
	return all
}

// A long journal leaves the others their turns.
func TestALongReplayHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id, c := s.newChat(t), s.chat(t)
	c.send(id, script(say(initLine), saying(400, 20_000), say(resultLine)))
	c.expect("complete")
	other := s.chat(t)
	other.say(`{"type":"chat.subscribe","sessions":[{"sessionId":%q,"history":true}]}`, id)
	other.say(`{"action":"list_conversations"}`)
	other.send(s.newChat(t), answering("short"))
	names := kinds(other.allUntil("conversation_list"))
	require.Less(t, len(names), 200)
	finished := 0
	for _, m := range journalOf(append(other.allUntil("complete"), other.allUntil("complete")...)) {
		if m.Kind == "complete" {
			finished++
		}
	}
	require.Equal(t, 2, finished)
}
