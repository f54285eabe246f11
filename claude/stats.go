package claude

import "time"

// PoolStats is what a Pool has done since the program started, and how it is now.
type PoolStats struct {
	Size      int       `json:"size"`      // processes for each profile
	Waiting   int       `json:"waiting"`   // processes that wait now
	Hits      int64     `json:"hits"`      // runs that took a waiting process
	Misses    int64     `json:"misses"`    // runs that could have
	Starts    int64     `json:"starts"`    // processes that were started to wait
	Drops     Drops     `json:"drops"`     // of those, the ones that no run took
	FirstLine FirstLine `json:"firstLine"` // how long runs had to wait for their first line
}

// Drops counts processes by the reason why they wait no more.
type Drops struct {
	Idle     int64 `json:"idle"`     // no run has used the profile for long
	Stale    int64 `json:"stale"`    // the CLI, its settings or credentials have changed
	Dead     int64 `json:"dead"`     // it ended by itself
	Memory   int64 `json:"memory"`   // more than the pool may take
	Pressure int64 `json:"pressure"` // the machine runs out of memory
}

// FirstLine is the time from a run's place to its first line.
type FirstLine struct {
	Warm Times `json:"warm"` // with a process that had waited
	Cold Times `json:"cold"` // with one of its own
}

// Times sums durations up.
type Times struct {
	Count       int64   `json:"count"`
	SumSeconds  float64 `json:"sumSeconds"`
	LastSeconds float64 `json:"lastSeconds"`
}

func (t *Times) add(d time.Duration) {
	t.Count++
	t.LastSeconds = d.Seconds()
	t.SumSeconds += t.LastSeconds
}

// Stats returns what the pool has done so far.
func (p *Pool) Stats() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := p.stats
	for _, s := range p.shelves {
		stats.Waiting += len(s.waiting)
	}
	return stats
}
