package procman

import "sync"

// kin remembers the processes of one Process.
type kin struct {
	mu   sync.Mutex
	seen map[identity]bool // guarded by mu: found before, when their parents still lived
}

func (k *kin) remember(members []identity) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seen == nil {
		k.seen = map[identity]bool{}
	}
	for _, m := range members {
		k.seen[m] = true
	}
}

// recognise returns the pids of those in a table that were seen before.
func (k *kin) recognise(table map[int]entry) map[int]bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	pids := map[int]bool{}
	for i := range k.seen {
		if table[i.pid].identity == i {
			pids[i.pid] = true
		}
	}
	return pids
}

// withDescendants adds all that descend from those that belong, and returns what lives of
// them.
func withDescendants(table map[int]entry, belongs map[int]bool) []identity {
	for grown := len(belongs) > 0; grown; {
		grown = false
		for pid, e := range table {
			if !belongs[pid] && belongs[e.parent] {
				belongs[pid], grown = true, true
			}
		}
	}
	return living(table, belongs)
}

// living returns the living processes of those pids.
func living(table map[int]entry, pids map[int]bool) []identity {
	var members []identity
	for pid := range pids {
		if e, ok := table[pid]; ok && e.alive() {
			members = append(members, e.identity)
		}
	}
	return members
}
