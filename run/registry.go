package run

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"spool/claude"
	"spool/schema"
	"spool/spool"
)

// Config is what the operator decides about runs.
type Config struct {
	// DataDir holds the runs' files; Workspace is their working directory.
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
}

// Registry owns all runs.
type Registry struct {
	config    Config
	agent     *claude.Agent
	watcher   *spool.Watcher
	mask      *Mask
	log       *slog.Logger
	admission admission

	atOnce context.Context // its end leaves out every grace
	hurry  context.CancelFunc

	mu       sync.Mutex
	draining bool              // guarded by mu
	runs     map[*Run]struct{} // guarded by mu: those without outcome
	serving  sync.WaitGroup    // added to under mu, while not draining
}

// NewRegistry returns a Registry that is ready once [Registry.Sweep] has returned.
func NewRegistry(config Config, agent *claude.Agent, watcher *spool.Watcher, mask *Mask, log *slog.Logger) *Registry {
	atOnce, hurry := context.WithCancel(context.Background())
	return &Registry{
		config: config, agent: agent, watcher: watcher, mask: mask, log: log,
		admission: admission{places: config.MaxRuns, maxQueue: config.MaxQueue},
		atOnce:    atOnce, hurry: hurry, runs: map[*Run]struct{}{},
	}
}

// Submit accepts a run, which then goes on by itself, and opens a view of it, which the
// caller must close. The error is a [*schema.Error]: OVERLOADED, DRAINING,
// FORBIDDEN_OPTION or INTERNAL.
func (g *Registry) Submit(payload schema.Payload) (*Run, *View, error) {
	if most := g.config.RunTimeout; payload.TimeoutSeconds > int(most/time.Second) {
		return nil, nil, schema.NewError(schema.ForbiddenOption, "timeoutSeconds is above this server's run timeout of "+most.String())
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return nil, nil, schema.NewError(schema.Draining, ServerStops.Text)
	}
	ticket := g.admission.enter()
	if ticket == nil {
		return nil, nil, schema.NewError(schema.Overloaded, "every place and the queue are taken: try again later")
	}
	r, view, err := g.newRun(payload, ticket)
	if err != nil {
		g.admission.leave(ticket)
		g.log.Error("accept run", "error", err)
		return nil, nil, schema.NewError(schema.Internal, "the server could not accept the run; its log has the cause")
	}
	g.runs[r] = struct{}{}
	g.serving.Go(func() { defer g.forget(r); r.serve() })
	return r, view, nil
}

// idPattern is what newID makes.
var idPattern = regexp.MustCompile(`^run_[a-z2-7]{26}$`)

// newID returns a run's id, which nobody can guess.
func newID() string { return "run_" + strings.ToLower(rand.Text()) }

// newRun makes a run, its files and a view of them.
func (g *Registry) newRun(payload schema.Payload, ticket *ticket) (*Run, *View, error) {
	id := newID()
	files, err := newFiles(filepath.Join(g.procDir(), id))
	if err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithCancelCause(context.Background())
	r := &Run{
		ID: id, registry: g, payload: payload, files: files, ticket: ticket,
		log: g.log.With("run", id, "meta", payload.Meta),
		ctx: ctx, stop: stop, state: Queued, done: make(chan struct{}),
	}
	view, err := r.View(0)
	if err != nil {
		stop(nil)
		return nil, nil, errors.Join(err, files.release())
	}
	return r, view, nil
}

func (g *Registry) forget(r *Run) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.runs, r)
}

func (g *Registry) procDir() string { return filepath.Join(g.config.DataDir, "proc") }

// Counts returns how many runs have a place, and how many wait for one.
func (g *Registry) Counts() (running, queued int) { return g.admission.counts() }

// Drain refuses new runs from now on, gives those that run until ctx is done to end by
// themselves, and then ends them. It returns when all have ended. Those that still wait in
// the queue end at once. Hurry cuts it short.
func (g *Registry) Drain(ctx context.Context) {
	g.mu.Lock()
	g.draining = true
	g.mu.Unlock()
	ended := make(chan struct{})
	go func() { defer close(ended); g.serving.Wait() }()
	g.stopAll(func(r *Run) bool { return r.Position() > 0 })
	select {
	case <-ended:
	case <-ctx.Done():
		g.stopAll(func(*Run) bool { return true })
		<-ended
	}
	g.hurry() // frees the context
}

// Hurry leaves out every grace of runs that are being stopped.
func (g *Registry) Hurry() { g.hurry() }

func (g *Registry) stopAll(which func(*Run) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for r := range g.runs {
		if which(r) {
			r.Stop(ServerStops)
		}
	}
}

// Sweep makes the directories, and ends and removes what an earlier server on the same data
// directory left behind: its runs belong to sockets that are gone.
func (g *Registry) Sweep(ctx context.Context) error {
	if err := errors.Join(os.MkdirAll(g.procDir(), 0o700), os.MkdirAll(g.config.Workspace, 0o700)); err != nil {
		return fmt.Errorf("make data directory: %w", err)
	}
	belongs := func(id string) bool {
		if !idPattern.MatchString(id) {
			return false
		}
		_, err := os.Stat(filepath.Join(g.procDir(), id))
		return err == nil
	}
	found, left, err := g.agent.Supervisor.Sweep(ctx, belongs, g.config.StopGrace)
	if err != nil {
		return fmt.Errorf("look for processes of an earlier server: %w", err)
	}
	if len(left) > 0 {
		return fmt.Errorf("processes of an earlier server cannot be ended: %v", left)
	}
	if found > 0 {
		g.log.Warn("ended processes of an earlier server", "processes", found)
	}
	return g.removeOld()
}

// removeOld removes the files of an earlier server's runs.
func (g *Registry) removeOld() error {
	entries, err := os.ReadDir(g.procDir())
	for _, entry := range entries {
		if !idPattern.MatchString(entry.Name()) {
			continue // not ours
		}
		err = errors.Join(err, os.RemoveAll(filepath.Join(g.procDir(), entry.Name())))
	}
	return err
}

// timeout is the run's wall clock.
func (r *Run) timeout() time.Duration {
	if seconds := r.payload.TimeoutSeconds; seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	return r.registry.config.RunTimeout
}
