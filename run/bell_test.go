package run

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hasRung reports whether a channel is closed. Ringing does that before it returns.
func hasRung(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestABellTellsEverybodyOfTheNextChange(t *testing.T) {
	t.Parallel()
	var b bell
	b.ring() // nobody listens, and nobody hears of it later
	first, second := b.rings(), b.rings()
	require.False(t, hasRung(first) || hasRung(second))
	b.ring()
	require.True(t, hasRung(first) && hasRung(second))
	third := b.rings()
	require.False(t, hasRung(third), "what was told is told once")
	b.ring()
	b.ring()
	require.True(t, hasRung(third))
}

// Who asks for the bell first and looks then misses no change.
func TestABellMissesNothing(t *testing.T) {
	t.Parallel()
	const changes = 2000
	var (
		b     bell
		mu    sync.Mutex
		value int
		all   sync.WaitGroup
	)
	get := func() int { mu.Lock(); defer mu.Unlock(); return value }
	for range 8 {
		all.Go(func() {
			for {
				rings := b.rings()
				if get() == changes {
					return
				}
				select {
				case <-rings:
				case <-time.After(patience):
					t.Error("a change was missed")
					return
				}
			}
		})
	}
	for range changes {
		mu.Lock()
		value++
		mu.Unlock()
		b.ring()
	}
	all.Wait()
}
