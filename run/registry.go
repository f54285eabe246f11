package run

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"spool/claude"
	"spool/schema"
	"spool/spool"
	"spool/store"
)

// Config is what the operator decides about runs.
type Config struct {
	// DataDir holds the runs' files; Workspace is their working directory, or the root of those,
	// and no symbolic link.
	DataDir, Workspace string
	// RunTimeout is the wall clock of a run, from its prompt on.
	RunTimeout time.Duration
	// IdleTimeout is how long a run may print nothing; 0 is no limit.
	IdleTimeout time.Duration
	// StopGrace is the time from SIGTERM to SIGKILL; ResultGrace the time to exit in
	// after a result.
	StopGrace, ResultGrace time.Duration
	// MaxRuns run at once, MaxQueue wait.
	MaxRuns, MaxQueue int
	// MaxOutput is how many bytes of stdout one run may write.
	MaxOutput int64
	// AllowModels are the models that clients may ask for; "*" is any.
	AllowModels []string
	// Retain is how long the output of a run is kept after its end, RetainSize how many
	// bytes of output at most, RetainRecords how long what is known of a run is kept.
	Retain, RetainRecords time.Duration
	RetainSize            int64
	// Warm is about processes that wait for runs; its Dir is the workspace.
	Warm claude.PoolConfig
	// SessionIdle is how long the process of a conversation is kept after a turn, and
	// SessionMemory how many bytes of memory all of these may take; 0 keeps none.
	SessionIdle   time.Duration
	SessionMemory int64
	// ApprovalTimeout is how long a request for an approval waits for an answer before it is
	// denied; 0 is for ever.
	ApprovalTimeout time.Duration
	// DenyTools are tools that nobody can allow. "mcp__server" is all tools of that server; what
	// stands in brackets, as in "Bash(rm:*)", only the agent heeds.
	DenyTools []string
	// StopLeft ends what an earlier server has left running, detached or not.
	StopLeft bool
}

// Registry owns all runs.
type Registry struct {
	config    Config
	agent     *claude.Agent
	watcher   *spool.Watcher
	store     *store.Store
	mask      *Mask
	log       *slog.Logger
	admission admission
	disk      disk
	pool      *claude.Pool
	keeper    *keeper
	asked     bell          // rings with a new request for an approval
	ended     chan struct{} // rings when a run has ended whose output is not to be kept

	atOnce context.Context // its end leaves out every grace
	hurry  context.CancelFunc

	mu       sync.Mutex
	draining bool            // guarded by mu
	runs     map[string]*Run // guarded by mu: those without outcome on disk
	serving  sync.WaitGroup  // added to under mu, while not draining
}

// NewRegistry returns a Registry that is ready once [Registry.Sweep] has returned.
func NewRegistry(config Config, agent *claude.Agent, watcher *spool.Watcher, store *store.Store, mask *Mask, log *slog.Logger) *Registry {
	atOnce, hurry := context.WithCancel(context.Background())
	config.Warm.Dir = config.Workspace
	g := &Registry{
		config: config, agent: agent, watcher: watcher, store: store, mask: mask, log: log,
		admission: admission{places: config.MaxRuns, maxQueue: config.MaxQueue},
		disk:      diskOf(config.DataDir), ended: make(chan struct{}, 1),
		atOnce: atOnce, hurry: hurry, runs: map[string]*Run{},
	}
	agent.Options.DenyTools = config.DenyTools
	g.pool = claude.NewPool(config.Warm, agent, outputs{g}, log)
	g.keeper = newKeeper(config, log, atOnce, g.outputEnded)
	return g
}

func (g *Registry) procDir() string { return filepath.Join(g.config.DataDir, "proc") }

// Counts returns how many runs have a place, and how many wait for one.
func (g *Registry) Counts() (running, queued int) { return g.admission.counts() }

// StorageLow reports whether new runs are refused because the disk is nearly full.
func (g *Registry) StorageLow() bool { return g.disk.low() }

// enter counts a run that is about to be served, if it has a ticket and the server is not
// being stopped. It must begin, or leave.
func (g *Registry) enter(r *Run) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.draining:
		g.admission.leave(r.ticket)
		return schema.NewError(schema.Draining, ServerStops.Text)
	case r.ticket == nil:
		return schema.NewError(schema.Overloaded, "every place and the queue are taken: try again later")
	}
	g.serving.Add(1)
	g.runs[r.ID] = r
	return nil
}

// begin serves a run that has entered, and whose record is on disk.
func (g *Registry) begin(r *Run, live func() Outcome) {
	r.accepted.Store(true)
	go func() {
		defer g.leave(r)
		r.serve(live)
	}()
}

// leave forgets a run that has entered.
func (g *Registry) leave(r *Run) {
	g.mu.Lock()
	delete(g.runs, r.ID)
	g.mu.Unlock()
	g.serving.Done()
	g.outputEnded()
}

// outputEnded has old output looked for, where none is kept.
func (g *Registry) outputEnded() {
	if g.config.Retain > 0 {
		return
	}
	select {
	case g.ended <- struct{}{}:
	default:
	}
}

// Drain refuses new runs from now on, gives those that run until ctx is done to end by
// themselves, and then ends them. It returns when all have ended. Those that still wait in
// the queue, and the processes that conversations keep, end at once. Hurry cuts it short.
func (g *Registry) Drain(ctx context.Context) {
	g.mu.Lock()
	g.draining = true
	g.mu.Unlock()
	ended := make(chan struct{})
	go func() { defer close(ended); g.serving.Wait() }()
	g.keeper.close()
	g.stopAll(func(r *Run) bool { return r.Position() > 0 })
	select {
	case <-ended:
	case <-ctx.Done():
		g.stopAll(func(*Run) bool { return true })
		<-ended
	}
	g.keeper.tasks.Wait()
	g.hurry() // frees the context
}

// Hurry leaves out every grace of runs that are being stopped, and of processes that wait.
func (g *Registry) Hurry() {
	g.hurry()
	g.pool.Hurry()
}

func (g *Registry) stopAll(which func(*Run) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.runs {
		if which(r) {
			r.Stop(ServerStops)
		}
	}
}
