package run

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"spool/claude"
)

// idle is what a keeper knows of a process that it has.
type idle struct {
	since  time.Time
	memory int64         // bytes
	left   chan struct{} // closed when it is kept no more
}

// keeper keeps the processes of conversations between their turns. They take no places: only
// runs do. All of its methods may be called from anywhere.
type keeper struct {
	config Config
	log    *slog.Logger
	atOnce context.Context // its end leaves out every grace
	over   func()          // called when a process is gone and its files are the first run's alone
	tasks  sync.WaitGroup

	mu     sync.Mutex
	closed bool                // guarded by mu, as is everything below
	idle   map[string]*living  // by conversation
	living map[string]struct{} // ids of all whose files are not only the first run's
	short  func() bool         // the machine runs out of memory
	looked time.Time
	stats  KeptStats
}

func newKeeper(config Config, log *slog.Logger, atOnce context.Context, over func()) *keeper {
	return &keeper{
		config: config, log: log, atOnce: atOnce, over: over,
		idle: map[string]*living{}, living: map[string]struct{}{}, short: claude.NewPressure().Short,
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

// endMisfit ends a process that was taken and cannot be used, and counts why.
func (k *keeper) endMisfit(l *living, reason *int64) {
	k.mu.Lock()
	*reason++
	k.mu.Unlock()
	k.end(l)
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
	<-l.last // whoever looks at its latest run finds that run's own files from then on
	_ = l.files.close()
	if err := (&output{dir: l.files.dir}).cutBack(l.first, l.firstErr); err != nil {
		k.log.Warn("cut output of a process back", "run", l.id, "error", err)
	}
	k.release(l.id)
	k.over()
}
