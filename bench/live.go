package main

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// live is a run that goes on, printing what it is told to, and those who look at it.
type live struct {
	id      string // "" if the server has none
	starter *client
	agent   net.Conn
	watch   socket // of a viewer
	first   string // that it gets
	viewers []*client

	watching sync.WaitGroup
	mu       sync.Mutex
	err      error // guarded by mu: of viewers
}

// goLive starts a run. Its starter stays, and reads nothing: there is room for what little
// the run prints.
func goLive(s *server) (l *live, err error) {
	l = &live{watch: socket{s.addr, "/ws/room", "", smallBuf}, first: infoFrame}
	door := "/ws/room/claude"
	if s.name == spoolName {
		door = "/ws/claude"
	}
	if l.starter, err = (socket{s.addr, door, "", smallBuf}).dialFor(infoFrame); err != nil {
		return nil, err
	}
	if err := l.begin(s.name == spoolName); err != nil {
		l.close()
		return nil, err
	}
	return l, nil
}

// goDetached starts a run at which nobody looks.
func goDetached(s *server) (*live, error) {
	m, err := openMouth()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	got, err := submit(s.addr, "", m.prompt())
	if err != nil {
		return nil, err
	}
	l := &live{id: got.Run}
	l.agent, err = m.agent()
	return l, err
}

// begin sends the prompt, and takes what Spool says to it.
func (l *live) begin(named bool) error {
	m, err := openMouth()
	if err != nil {
		return err
	}
	defer m.Close()
	if err := l.starter.send(m.prompt()); err != nil {
		return err
	}
	if named {
		f, err := l.starter.in.next()
		if err != nil {
			return err
		}
		var got received
		if err := got.tell(f.head); err != nil {
			return err
		}
		l.id, l.watch.path, l.first = got.run, "/ws/runs/"+got.run, `{"info":"run"`
	}
	l.agent, err = m.agent()
	return err
}

// join adds n viewers.
func (l *live) join(n int) error {
	for range n {
		c, err := l.watch.dialFor(l.first)
		if err != nil {
			return err
		}
		l.viewers = append(l.viewers, c)
	}
	return nil
}

// follow has all viewers read to the end. They must get so many lines at least.
func (l *live) follow(least int) {
	for _, c := range l.viewers {
		l.watching.Go(func() {
			got, err := c.drain()
			if err == nil && got.code != 1000 {
				err = fmt.Errorf("closed with %d, not 1000", got.code)
			}
			if err == nil && got.lines < least {
				err = fmt.Errorf("%d lines came to a viewer, not %d", got.lines, least)
			}
			l.mu.Lock()
			defer l.mu.Unlock()
			l.err = errors.Join(l.err, err)
		})
	}
}

// end ends the run, and returns when everybody has seen it.
func (l *live) end() error {
	_ = l.agent.Close()
	l.watching.Wait()
	return l.err
}

// close lets go of everything.
func (l *live) close() {
	if l.agent != nil {
		_ = l.agent.Close()
	}
	if l.starter != nil {
		l.starter.close()
	}
	for _, c := range l.viewers {
		c.close()
	}
}
