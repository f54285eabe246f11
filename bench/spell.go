package main

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// spells takes the rates of something that is done one after the other.
func (r *rig) spells(name string, do func() error) error {
	for workers, m := range map[int]measure{1: startsAlone, together: startsTogether} {
		rate, err := spell(workers, r.spell, do)
		if err != nil {
			return err
		}
		r.board.add(name, m, rate)
	}
	return nil
}

// spell has some do it again and again for a while, and returns how often in a second it was done.
func spell(workers int, during time.Duration, do func() error) (float64, error) {
	began := time.Now()
	var done atomic.Int64
	var working sync.WaitGroup
	faults := make([]error, workers)
	for i := range workers {
		working.Go(func() {
			for faults[i] == nil && time.Since(began) < during {
				faults[i] = do()
				done.Add(1)
			}
		})
	}
	working.Wait()
	return float64(done.Load()) / time.Since(began).Seconds(), errors.Join(faults...)
}
