package main

import "fmt"

var (
	stalledGrowth = measure{"peak memory, + MiB", "%.1f"}
	stalledBefore = measure{"p99 of others before, ms", "%.2f"}
	stalledDuring = measure{"p99 of others meanwhile, ms", "%.2f"}
	stalledFactor = measure{"meanwhile ÷ before", "%.2f"}
)

// stalledClient measures what a client that does not read does to the server's memory, and to the others.
func (r *rig) stalledClient() error {
	field := r.those(us, peer)
	take := func(s *server) error { return r.stalledRound(s) }
	err := r.turns("stalled", field, r.agent(), take, stalledGrowth, stalledBefore, stalledDuring, stalledFactor)
	fmt.Print(r.board.table(fmt.Sprintf("An agent prints %s for a client that does not read, beside %d streams of 20 lines a second; %d rounds by turns:",
		r.flood, bystanders, r.rounds), contestantNames(field), stalledGrowth, stalledBefore, stalledDuring, stalledFactor))
	return err
}

func (r *rig) stalledRound(s *server) error {
	others, err := s.stream(bystanders)
	defer closeAll(others)
	if err != nil {
		return err
	}
	before, err := s.observe(others, r.window/2)
	if err != nil {
		return err
	}
	resident, err := forgetPeak(s.pid())
	if err != nil {
		return err
	}
	stuck, err := s.dial(smallBuf)
	if err != nil {
		return err
	}
	defer stuck.close()
	if err := stuck.send(fmt.Sprint(int(r.flood)/(lineBytes+1), " ", inChunks)); err != nil {
		return err
	}
	during, err := s.observe(others, r.window)
	if err != nil {
		return err
	}
	return r.noteStalled(s, resident, quantile(before.delays, 0.99), quantile(during.delays, 0.99))
}

func (r *rig) noteStalled(s *server, resident int, before, during float64) error {
	peak, err := peakKiB(s.pid())
	if err != nil {
		return err
	}
	r.board.add(s.name, stalledGrowth, float64(peak-resident)/1024)
	r.board.add(s.name, stalledBefore, before)
	r.board.add(s.name, stalledDuring, during)
	r.board.add(s.name, stalledFactor, during/before)
	return nil
}
