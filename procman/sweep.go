package procman

import (
	"context"
	"syscall"
	"time"
)

// Sweep ends processes that an earlier instance of this program left behind: those with
// marker=id in their environment, or in the control group of id, for every id that belongs
// accepts. It returns how many it found, and those that are still there after SIGTERM,
// grace and SIGKILL. Where the system shows neither it finds nothing.
func (s *Supervisor) Sweep(ctx context.Context, belongs func(id string) bool, grace time.Duration) (found int, left []int, err error) {
	members, err := s.host.strays(s.marker, belongs)
	found = len(members)
	for _, rung := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, grace}, {syscall.SIGKILL, killPatience}} {
		if err != nil || len(members) == 0 {
			break
		}
		signalAll(members, rung.signal)
		members, err = s.awaitSwept(ctx, belongs, rung.wait, rung.signal == syscall.SIGKILL)
	}
	if len(members) == 0 {
		s.host.tidy(belongs)
	}
	return found, pids(members), err
}

func signalAll(members []identity, signal syscall.Signal) {
	for _, m := range members {
		m.signal(signal)
	}
}

// awaitSwept waits until no stray is left, and returns those that are. With kill set it kills
// them again and again: one may have started another before it was hit.
func (s *Supervisor) awaitSwept(ctx context.Context, belongs func(string) bool, d time.Duration, kill bool) ([]identity, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for {
		members, err := s.host.strays(s.marker, belongs)
		if err != nil || len(members) == 0 {
			return members, err
		}
		if kill {
			signalAll(members, syscall.SIGKILL)
		}
		select {
		case <-time.After(lastPoll):
		case <-ctx.Done():
			return members, nil
		}
	}
}
