package run

import (
	"maps"
	"slices"
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
	Stale    int64 `json:"stale"`    // the next turn found that what it was started from has changed
	LetGo    int64 `json:"letGo"`    // the conversation, or the server, needs it no more
}

// lookEvery is how often kept processes are looked at.
const lookEvery = 2 * time.Second

// watch looks after a process that waits, and forgets one that does so for too long, or dies.
func (k *keeper) watch(l *living, left <-chan struct{}) {
	late, look := time.NewTimer(k.config.SessionIdle), time.NewTicker(lookEvery)
	defer late.Stop()
	defer look.Stop()
	for {
		select {
		case <-left:
			return
		case <-l.process.Exited():
			k.drop(l, left, &k.stats.Ends.Dead)
		case <-l.process.Overrun():
			k.drop(l, left, &k.stats.Ends.Dead)
		case <-late.C:
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
	if k.short() {
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
	k, now := g.keeper, g.snapshot(w)
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.idle[conversation]
	return l != nil && l.suits((&Turn{Wishes: w}).wishes()) && l.origin == now
}
