package spool

import (
	"sort"
	"sync"
)

// indexStep is how many bytes lie at least between two places an Index remembers, so that
// going to any line reads at most that much and one line besides.
const indexStep = 256 << 10

// place is the start of a line.
type place struct{ line, offset int64 }

// Index remembers where lines of one file start: sparsely, 16 bytes for every
// quarter of a MiB. It fills as readers pass. The nil Index remembers nothing.
type Index struct {
	mu     sync.Mutex
	places []place // guarded by mu; ascending
}

// Begin makes the line at offset the file's first one, for readers that begin with an empty
// Index: what stands before it is not theirs.
func (x *Index) Begin(offset int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.places = []place{{1, offset}}
}

// learn remembers that line starts at offset, if that is far enough from what is known.
func (x *Index) learn(line, offset int64) {
	if x == nil {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	var last place
	if len(x.places) > 0 {
		last = x.places[len(x.places)-1]
	}
	if offset >= last.offset+indexStep {
		x.places = append(x.places, place{line, offset})
	}
}

// before returns the last known start of a line not after number n.
func (x *Index) before(n int64) (line, offset int64) {
	if x == nil {
		return 1, 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	i := sort.Search(len(x.places), func(i int) bool { return x.places[i].line > n })
	if i == 0 {
		return 1, 0
	}
	return x.places[i-1].line, x.places[i-1].offset
}
