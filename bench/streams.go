package main

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

var (
	streamsCPU    = measure{"server CPU, % of a core", "%.1f"}
	streamsMedian = measure{"written to received, p50 ms", "%.2f"}
	streamsTail   = measure{"written to received, p99 ms", "%.2f"}
)

const (
	warmingUp  = 2 * time.Second // of streams, before they are watched
	bystanders = 20              // streams beside a client that does not read
)

// manyStreams measures how late lines are, and what they cost the server, when many agents print slowly.
func (r *rig) manyStreams() error {
	field := r.those(us, peer)
	field = append(field, r.named(relayName)...)
	take := func(s *server) error { return r.streamsRound(s) }
	err := r.turns("streams", field, r.agent(), take, streamsCPU, streamsMedian, streamsTail)
	fmt.Print(r.board.table(fmt.Sprintf("%d streams at once, each of 20 lines a second, watched for %s; %d rounds by turns:", r.streams, r.window, r.rounds),
		contestantNames(field), streamsCPU, streamsMedian, streamsTail))
	return err
}

func (r *rig) named(name string) (chosen []contestant) {
	for _, c := range r.field {
		if c.name == name {
			chosen = append(chosen, c)
		}
	}
	return chosen
}

func (r *rig) streamsRound(s *server) error {
	clients, err := s.stream(r.streams, r.beats())
	defer closeAll(clients)
	if err != nil {
		return err
	}
	got, err := s.observe(clients, r.window)
	if err != nil {
		return err
	}
	r.board.add(s.name, streamsCPU, 100*got.cpu.Seconds()/r.window.Seconds())
	r.board.add(s.name, streamsMedian, quantile(got.delays, 0.5))
	r.board.add(s.name, streamsTail, quantile(got.delays, 0.99))
	return nil
}

// beats are more lines than a stream gets to see. They come to an end, for an agent may outlive its server.
func (r *rig) beats() int { return int((time.Minute + 3*r.window) / beat) }

// stream starts n runs that print so many lines by the clock, and returns when all have begun.
func (s *server) stream(n, lines int) ([]*client, error) {
	clients, err := s.dialMany(n, smallBuf)
	if err != nil {
		return clients, err
	}
	for _, c := range clients {
		if err := c.send(fmt.Sprint(lines, " ", byTheClock)); err != nil {
			return clients, err
		}
	}
	for _, c := range clients {
		if _, _, err := c.nextTimed(); err != nil {
			return clients, err
		}
	}
	return clients, nil
}

// nextTimed waits for the next line that says when it was written, and returns that and how long ago it was.
func (c *client) nextTimed() (at time.Time, late time.Duration, err error) {
	for {
		f, err := c.in.next()
		if err != nil {
			return at, 0, err
		}
		now := time.Now()
		if at, ok := writtenAt(f.head); ok {
			return at, now.Sub(at), nil
		}
		if f.opcode == opClose || hasPrefix(f.head, `{"error"`) {
			return at, 0, fmt.Errorf("a stream has ended: %q", f.head)
		}
	}
}

// observed is what a while of streams brought.
type observed struct {
	delays []float64     // milliseconds
	cpu    time.Duration // of the server
}

// observe watches streams for a while, after another in which everything comes to its pace.
func (s *server) observe(clients []*client, window time.Duration) (got observed, err error) {
	from := time.Now().Add(warmingUp)
	until := from.Add(window)
	watched := make(chan error, 1)
	go func() {
		var err error
		got.delays, err = delays(clients, from, until)
		watched <- err
	}()
	time.Sleep(time.Until(from))
	before, err1 := cpuTime(s.pid())
	time.Sleep(time.Until(until))
	after, err2 := cpuTime(s.pid())
	got.cpu = after - before
	err = errors.Join(<-watched, err1, err2)
	if err == nil && len(got.delays) == 0 {
		err = errors.New("no line came from the streams")
	}
	return got, err
}

// delays are those of all lines that are written between two times, in milliseconds.
func delays(clients []*client, from, until time.Time) (all []float64, err error) {
	var mu sync.Mutex
	var watching sync.WaitGroup
	for _, c := range clients {
		watching.Go(func() {
			its, fault := c.delays(from, until)
			mu.Lock()
			defer mu.Unlock()
			all, err = append(all, its...), errors.Join(err, fault)
		})
	}
	watching.Wait()
	return all, err
}

func (c *client) delays(from, until time.Time) (list []float64, err error) {
	for {
		at, late, err := c.nextTimed()
		if err != nil {
			return list, err
		}
		if at.After(until) {
			return list, nil
		}
		if at.After(from) {
			list = append(list, milliseconds(late))
		}
	}
}
