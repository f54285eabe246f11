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
	others, err := s.stream(bystanders, r.beats())
	defer closeAll(others)
	if err != nil {
		return err
	}
	before, err := s.observe(others, r.window/2)
	if err != nil {
		return err
	}
	during, growth, err := r.floodOne(s, others)
	if err != nil {
		return err
	}
	calm, busy := quantile(before.delays, 0.99), quantile(during.delays, 0.99)
	r.board.add(s.name, stalledGrowth, growth)
	r.board.add(s.name, stalledBefore, calm)
	r.board.add(s.name, stalledDuring, busy)
	r.board.add(s.name, stalledFactor, busy/calm)
	return nil
}

// floodOne has an agent print for a client that does not read, and watches the others meanwhile.
func (r *rig) floodOne(s *server, others []*client) (got observed, growth float64, err error) {
	resident, err := forgetPeak(s.pid())
	if err != nil {
		return got, 0, err
	}
	stuck, err := s.dial(smallBuf)
	if err != nil {
		return got, 0, err
	}
	defer stuck.close()
	if err := stuck.send(fmt.Sprint(int(r.flood)/(lineBytes+1), " ", inChunks)); err != nil {
		return got, 0, err
	}
	if got, err = s.observe(others, r.window); err != nil {
		return got, 0, err
	}
	peak, err := peakKiB(s.pid())
	return got, float64(peak-resident) / 1024, err
}
