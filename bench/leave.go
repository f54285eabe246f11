package main

import (
	"fmt"
	"slices"
	"syscall"
	"time"
)

var (
	leaveAgent = measure{"agent gone, ms", "%.1f"}
	leaveTree  = measure{"whole tree gone, ms", "%.1f"}
	leaveLeft  = measure{"processes left, of 2", "%.0f"}
)

// leaveEarly measures how long after a disconnect the agent is gone, and the process that it has put into a session of
// its own. What is left is counted, and then killed.
func (r *rig) leaveEarly() error {
	field := r.those(us, peer)
	err := r.turns("leave", field, r.agent(), r.leaveRound, leaveAgent, leaveTree, leaveLeft)
	fmt.Print(r.board.table(fmt.Sprintf("A client disconnects while an agent and a grandchild in a session of its own run; watched for %s; %d rounds by turns, %d clients in each:",
		r.patience, r.rounds, r.leaves), contestantNames(field), leaveAgent, leaveTree, leaveLeft))
	return err
}

func (r *rig) leaveRound(s *server) error {
	for range r.leaves {
		if err := r.leaveOnce(s); err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) leaveOnce(s *server) error {
	pids, err := s.disconnect()
	if err != nil {
		return err
	}
	began := time.Now()
	left := r.awaitGone(s, pids, began)
	for _, pid := range left {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	r.board.add(s.name, leaveLeft, float64(len(left)))
	if len(left) > 0 {
		r.board.fail(s.name, shortfall(fmt.Sprintf("%d of %d processes left", len(left), len(pids))), leaveTree)
		return nil
	}
	r.board.add(s.name, leaveTree, milliseconds(time.Since(began)))
	return nil
}

// awaitGone watches until nothing lives, or patience ends, and returns what still lives.
func (r *rig) awaitGone(s *server, pids []int, began time.Time) (left []int) {
	left = slices.Clone(pids)
	for len(left) > 0 && time.Since(began) < r.patience {
		agentLived := left[0] == pids[0]
		left = slices.DeleteFunc(left, func(pid int) bool { return !lives(pid) })
		if agentLived && (len(left) == 0 || left[0] != pids[0]) {
			r.board.add(s.name, leaveAgent, milliseconds(time.Since(began)))
		}
		time.Sleep(500 * time.Microsecond)
	}
	return left
}

// disconnect starts a run with a grandchild, and leaves.
func (s *server) disconnect() (pids []int, err error) {
	c, err := s.dial(smallBuf)
	if err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.send("0 " + withChild); err != nil {
		return nil, err
	}
	for {
		f, err := c.in.next()
		if err != nil {
			return nil, err
		}
		if !isOwn(f.head) {
			return family(f.head)
		}
	}
}
