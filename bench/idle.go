package main

import (
	"fmt"
	"time"
)

var idleMemory = measure{"KiB resident per idle connection", "%.1f"}

const (
	settle      = 2 * time.Second // how long a server is left alone before its memory is read
	idleForking = 500             // connections to a server that starts a process for each
)

// idleConnections measures the memory of connections that have got their info frame, if there is one, and send nothing.
func (r *rig) idleConnections() error {
	p, err := r.shellAgent()
	if err != nil {
		return err
	}
	field := r.those(us, peer)
	err = r.turns("idle", field, p, r.idleRound, idleMemory)
	fmt.Print(r.board.table(fmt.Sprintf("%d idle connections (%d to websocketd, which starts a process for each; the processes do not count); %d rounds by turns:",
		r.idle, min(r.idle, idleForking), r.rounds), contestantNames(field), idleMemory))
	return err
}

func (r *rig) idleRound(s *server) error {
	n := r.idle
	if s.name == websocketdName {
		n = min(n, idleForking)
	}
	first, err := s.dial(smallBuf) // what is allocated once is not the connections'
	if err != nil {
		return err
	}
	defer first.close()
	grown, err := s.hold(n)
	if err != nil {
		return err
	}
	r.board.add(s.name, idleMemory, float64(grown)/float64(n))
	return nil
}

// hold opens n connections, and returns by how many KiB the server has grown then.
func (s *server) hold(n int) (grown int, err error) {
	before, err := settled(s)
	if err != nil {
		return 0, err
	}
	clients, err := s.dialMany(n, smallBuf)
	defer closeAll(clients)
	if err != nil {
		return 0, err
	}
	after, err := settled(s)
	return after - before, err
}

func settled(s *server) (int, error) {
	time.Sleep(settle)
	return residentKiB(s.pid())
}
