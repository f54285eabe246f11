package run

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"spool/claude"
)

// KeptStats is what is known of the processes that conversations keep between their turns.
type KeptStats struct {
	Alive   int   `json:"alive"`   // that wait for a next turn now
	Memory  int64 `json:"memory"`  // bytes that these take
	Reused  int64 `json:"reused"`  // turns that a kept process took
	Resumed int64 `json:"resumed"` // turns for which another had to load the session
	Ends    Ends  `json:"ends"`    // of kept processes, by the reason why they are kept no more
}

// Ends counts processes by the reason why they are kept no more.
type Ends struct {
	Idle     int64 `json:"idle"`     // no turn came for long
	Memory   int64 `json:"memory"`   // more than all may take
	Pressure int64 `json:"pressure"` // the machine runs out of memory
	Dead     int64 `json:"dead"`     // it ended by itself
	Unfit    int64 `json:"unfit"`    // the next turn needed another one
	LetGo    int64 `json:"letGo"`    // the conversation, or the server, needs it no more
}

// idle is what a keeper knows of a process that it has.
type idle struct {
	since  time.Time
	memory int64         // bytes
	left   chan struct{} // closed when it is kept no more
}

// lookEvery is how often kept processes are looked at.
const lookEvery = 2 * time.Second

// keeper keeps the processes of conversations between their turns. They take no places: only
// runs do. All of its methods may be called from anywhere.
type keeper struct {
	config Config
	log    *slog.Logger
	atOnce context.Context // its end leaves out every grace
	over   func()          // called when a process is gone and its files are the first run's alone
	tasks  sync.WaitGroup

	mu       sync.Mutex
	closed   bool                // guarded by mu, as is everything below
	idle     map[string]*living  // by conversation
	living   map[string]struct{} // ids of all whose files are not only the first run's
	pressure *claude.Pressure
	looked   time.Time
	stats    KeptStats
}

func newKeeper(config Config, log *slog.Logger, atOnce context.Context, over func()) *keeper {
	return &keeper{
		config: config, log: log, atOnce: atOnce, over: over,
		idle: map[string]*living{}, living: map[string]struct{}{}, pressure: claude.NewPressure(),
	}
}

// open reports whether processes are kept.
func (k *keeper) open() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.closed
}

// has reports whether a process writes, or may write, into the directory of this id, though
// the run of that id may have ended.
func (k *keeper) has(id string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, has := k.living[id]
	return has
}

// claim makes has report true until the process was retired.
func (k *keeper) claim(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.living[id] = struct{}{}
}

// release is for a run that has ended with its process.
func (k *keeper) release(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.living, id)
}

// keep keeps a process until its conversation's next turn, or until it is needed no more.
func (k *keeper) keep(l *living) {
	l.process.Standby()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.living[l.id] = struct{}{}
	left := make(chan struct{})
	l.idle = idle{since: time.Now(), left: left, memory: claude.ResidentMemory(l.process.PID())}
	if k.closed {
		k.endLocked(l, &k.stats.Ends.LetGo)
		return
	}
	if before := k.idle[l.conversation]; before != nil {
		k.dropLocked(before, &k.stats.Ends.Unfit)
	}
	k.idle[l.conversation] = l
	k.fitLocked()
	k.tasks.Go(func() { k.watch(l, left) })
}

// take returns the process that is kept for a conversation, which is the caller's then; nil if
// there is none.
func (k *keeper) take(conversation string) *living {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.idle[conversation]
	if l == nil {
		return nil
	}
	delete(k.idle, conversation)
	close(l.idle.left)
	l.process.Activate()
	return l
}

// count counts a turn, by whether a kept process took it.
func (k *keeper) count(reused bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if reused {
		k.stats.Reused++
	} else {
		k.stats.Resumed++
	}
}

// watch looks after a process that waits, and forgets one that does so for too long, or dies.
func (k *keeper) watch(l *living, left <-chan struct{}) {
	var late <-chan time.Time
	if k.config.SessionIdle > 0 {
		late = time.After(k.config.SessionIdle)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-left:
			return
		case <-l.process.Exited():
			k.drop(l, left, &k.stats.Ends.Dead)
		case <-l.process.Overrun():
			k.drop(l, left, &k.stats.Ends.Dead)
		case <-late:
			k.drop(l, left, &k.stats.Ends.Idle)
		case <-look.C:
			k.look()
		}
	}
}

// look measures all of them, and lets go of what is too much.
func (k *keeper) look() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.looked) < lookEvery/2 { // for another one
		return
	}
	k.looked = time.Now()
	for _, l := range k.idle {
		l.idle.memory = claude.ResidentMemory(l.process.PID())
	}
	if k.pressure.Short() {
		for _, l := range k.idle {
			k.dropLocked(l, &k.stats.Ends.Pressure)
		}
	}
	k.fitLocked()
}

// fitLocked lets go of those that were used least lately until the rest takes no more memory
// than it may. Requires k.mu.
func (k *keeper) fitLocked() {
	total := int64(0)
	latestFirst := slices.SortedFunc(maps.Values(k.idle), func(a, b *living) int { return b.idle.since.Compare(a.idle.since) })
	for _, l := range latestFirst {
		if total += l.idle.memory; total > k.config.SessionMemory {
			k.dropLocked(l, &k.stats.Ends.Memory)
		}
	}
}

// drop lets go of a process, unless somebody has taken it.
func (k *keeper) drop(l *living, left <-chan struct{}, reason *int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-left:
	default:
		k.dropLocked(l, reason)
	}
}

// dropLocked lets go of a process that waits. Requires k.mu.
func (k *keeper) dropLocked(l *living, reason *int64) {
	delete(k.idle, l.conversation)
	close(l.idle.left)
	k.endLocked(l, reason)
}

// endLocked ends a process, and counts why. Requires k.mu.
func (k *keeper) endLocked(l *living, reason *int64) {
	*reason++
	k.tasks.Go(func() { k.end(l) })
}

// letGo ends the process that is kept for a conversation, and does not wait for that.
func (k *keeper) letGo(conversation string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.idle[conversation]; l != nil {
		k.dropLocked(l, &k.stats.Ends.LetGo)
	}
}

// close lets go of all of them. None is kept from now on.
func (k *keeper) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	for _, l := range k.idle {
		k.dropLocked(l, &k.stats.Ends.LetGo)
	}
}

// end ends a process that serves nobody. It has the result grace to end with its stdin, and is
// not asked by a signal, to which a CLI with tasks in the background answers with another turn.
func (k *keeper) end(l *living) {
	_ = l.process.Stdin.Close()
	patience := time.NewTimer(k.config.ResultGrace)
	defer patience.Stop()
	select {
	case <-l.process.Exited():
	case <-patience.C:
	case <-k.atOnce.Done():
	}
	if _, proof := l.process.Stop(k.atOnce, 0); len(proof.Survivors) > 0 {
		k.log.Error("a kept claude cannot be ended", "run", l.id, "survivors", proof.Survivors)
	}
	k.retire(l)
}

// retire leaves of the files of a process that has ended what is the first run's.
func (k *keeper) retire(l *living) {
	_ = l.files.close()
	if err := (&output{dir: l.files.dir}).cutBack(l.first, l.firstErr); err != nil {
		k.log.Warn("cut output of a process back", "run", l.id, "error", err)
	}
	k.release(l.id)
	k.over()
}

// Kept tells of the processes that conversations keep between their turns.
func (g *Registry) Kept() KeptStats {
	k := g.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	stats := k.stats
	for _, l := range k.idle {
		stats.Alive, stats.Memory = stats.Alive+1, stats.Memory+l.idle.memory
	}
	return stats
}

// LetGo ends the process that is kept for a conversation, if there is one, and does not wait
// for that.
func (g *Registry) LetGo(conversation string) { g.keeper.letGo(conversation) }

// Keeps reports whether a process is kept for a conversation that can serve a turn with these
// wishes. It knows its session, whether or not that is written down by now.
func (g *Registry) Keeps(conversation string, w claude.Wishes) bool {
	k := g.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.idle[conversation]
	return l != nil && l.suits(w)
}
