package claude

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// PoolConfig is what the operator decides about waiting processes.
type PoolConfig struct {
	// Size is how many processes wait for each profile that was used lately; 0 is none.
	Size int
	// Memory is how many bytes of memory all of them may take.
	Memory int64
	// Idle is how long a profile that no run uses is kept waiting for; 0 is for ever.
	Idle time.Duration
	// Dir is the working directory of all runs.
	Dir string
}

// Outputs makes the files that a process writes into before it is known which run it serves.
type Outputs interface {
	// Create makes them, under a new id, and the working directory if it is not there.
	Create() (Output, error)
	// Remove removes what was made for an id.
	Remove(id string) error
}

// Output is the files of one process, and the id that it is started under.
type Output struct {
	ID             string
	Stdout, Stderr *os.File
}

// Pool keeps processes of the CLI that were started and wait for a prompt: a run that takes
// one has its first line about a second earlier. There are some for the profile of a run
// without wishes, and for every other profile that was used lately.
//
// A process serves one run, or none. What it was started from must not have changed since:
// see [Snapshot]. [Pool.Serve] starts and drops processes; everything else may be called
// from any goroutine, also while nobody serves: then every run starts its own process.
type Pool struct {
	config  PoolConfig
	agent   *Agent
	outputs Outputs
	log     *slog.Logger
	tempo   tempo
	wake    chan struct{} // rings when Serve may have something to do
	tasks   sync.WaitGroup

	atOnce context.Context // its end leaves out every grace
	hurry  context.CancelFunc

	mu       sync.Mutex
	open     bool                // guarded by mu: somebody serves
	shelves  []*shelf            // guarded by mu: the first is that of runs without wishes
	starting map[*Start]struct{} // guarded by mu
	stats    PoolStats           // guarded by mu, as are the fields below
	since    time.Time           // when a process began to be missing; zero if none is
	started  time.Time           // the latest start
	looked   time.Time           // the latest inspection
	largest  int64               // memory of a waiting process, the most that was seen
	memory   memory
}

// shelf is the processes that wait for one profile.
type shelf struct {
	wishes  Wishes
	waiting []*Waiting // the oldest first
	used    time.Time  // when a run asked for one, or would have
	trouble trouble
}

// NewPool returns a Pool in which nothing waits before it is served.
func NewPool(config PoolConfig, agent *Agent, outputs Outputs, log *slog.Logger) *Pool {
	atOnce, hurry := context.WithCancel(context.Background())
	return &Pool{
		config: config, agent: agent, outputs: outputs, log: log, atOnce: atOnce, hurry: hurry,
		tempo: usualTempo, wake: make(chan struct{}, 1),
		shelves: []*shelf{{}}, starting: map[*Start]struct{}{}, stats: PoolStats{Size: config.Size},
		largest: waitingMemory, memory: memory{read: readMemory},
	}
}

// Serve keeps processes waiting until ctx is done. When it returns, no process waits any
// more, and nothing of them is left.
func (p *Pool) Serve(ctx context.Context) {
	if p.config.Size == 0 {
		return
	}
	p.begin()
	defer p.end()
	for ctx.Err() == nil {
		pause := time.NewTimer(p.tend())
		select {
		case <-p.wake:
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
	}
}

func (p *Pool) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open, p.shelves[0].used = true, time.Now()
}

// end drops everything and waits until it is gone.
func (p *Pool) end() {
	p.mu.Lock()
	p.open = false
	for _, s := range p.shelves {
		p.shrinkLocked(s, 0, nil)
	}
	p.mu.Unlock()
	p.tasks.Wait()
}

// Hurry leaves out every grace of processes that are being dropped.
func (p *Pool) Hurry() { p.hurry() }

// ring wakes Serve.
func (p *Pool) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// takeLocked returns a process that waits for such a run, nil if none does. Requires p.mu.
func (p *Pool) takeLocked(wishes Wishes, now Snapshot) *Waiting {
	if !p.open || wishes.Session != "" || wishes.Dir != "" {
		return nil // a session is loaded at the start; all that wait do so in one directory
	}
	s := p.shelfLocked(wishes)
	s.used = time.Now()
	for len(s.waiting) > 0 {
		w := s.waiting[0]
		s.waiting = s.waiting[1:]
		if w.alive() && w.Snapshot == now {
			w.leave()
			p.stats.Hits++
			s.trouble = trouble{}
			return w
		}
		p.dropLocked(w, w.why(now, &p.stats.Drops))
	}
	p.stats.Misses++
	return nil
}

// shelfLocked returns the shelf of a profile. Requires p.mu.
func (p *Pool) shelfLocked(wishes Wishes) *shelf {
	if wishes.Model == p.agent.Options.Model {
		wishes.Model = "" // the same arguments
	}
	i := slices.IndexFunc(p.shelves, func(s *shelf) bool { return s.wishes == wishes })
	if i < 0 {
		i = len(p.shelves)
		p.shelves = append(p.shelves, &shelf{wishes: wishes})
	}
	return p.shelves[i]
}

// dropLocked ends a process that was taken off its shelf, and counts why, unless the pool
// itself ends. Requires p.mu.
func (p *Pool) dropLocked(w *Waiting, reason *int64) {
	w.leave()
	if reason != nil {
		*reason++
	}
	p.tasks.Go(func() { p.Discard(w) })
}

// shrinkLocked drops the youngest processes of a shelf, down to n. Requires p.mu.
func (p *Pool) shrinkLocked(s *shelf, n int, reason *int64) {
	for len(s.waiting) > n {
		last := len(s.waiting) - 1
		p.dropLocked(s.waiting[last], reason)
		s.waiting = s.waiting[:last]
	}
}
