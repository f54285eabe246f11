package store

import (
	"testing"
	"time"

	"spool/schema"
)

// BenchmarkInsert is what accepting runs costs, from 64 goroutines for each processor: what
// one call takes is the wait for a disk that all of them share.
func BenchmarkInsert(b *testing.B) {
	s := openNew(b)
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := s.Insert(b.Context(), newRun()); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkInsertAlone is the same from one goroutine, which waits for the disk each time.
func BenchmarkInsertAlone(b *testing.B) {
	s := openNew(b)
	for b.Loop() {
		if err := s.Insert(b.Context(), newRun()); err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkLife is the four changes that a run makes.
func BenchmarkLife(b *testing.B) {
	s := openNew(b)
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			live(b, s)
		}
	})
}

func live(b *testing.B, s *Store) {
	b.Helper()
	run := newRun()
	if err := s.Insert(b.Context(), run); err != nil {
		b.Error(err)
	}
	for _, state := range []schema.State{schema.Starting, schema.Running, schema.Succeeded} {
		if run.State = state; state.Final() {
			run = ended(run, state, time.Now())
		}
		if err := s.Update(b.Context(), run); err != nil {
			b.Error(err)
		}
	}
}

// BenchmarkRun is what reading one record costs.
func BenchmarkRun(b *testing.B) {
	s := openNew(b)
	run := fullRun(10)
	if err := s.Insert(b.Context(), run); err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Run(b.Context(), run.ID); err != nil {
				b.Error(err)
			}
		}
	})
}
