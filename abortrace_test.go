package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// inParallel calls work for 0..n-1, by so many workers.
func inParallel(n, workers int, work func(i int)) {
	var all sync.WaitGroup
	turns := make(chan int)
	for range workers {
		all.Go(func() {
			for i := range turns {
				work(i)
			}
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	all.Wait()
}

// TestN09AbortRacesTheNaturalEnd aborts 1,000 runs in all moments of their short lives.
func TestN09AbortRacesTheNaturalEnd(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=8", "--max-queue=1000", worker(t))
	var mu sync.Mutex
	ends, life := map[schema.State]int{}, 50*time.Millisecond
	inParallel(1000, 8, func(i int) {
		mu.Lock()
		after := rand.N(life)
		mu.Unlock()
		r, err := s.raceAbort(after, i%4 == 0)
		require.NoError(t, err)
		mu.Lock()
		defer mu.Unlock()
		if ends[r.State]++; r.State == schema.Aborted { // so that half of them are
			life += life / 20
		} else {
			life -= life / 20
		}
	})
	t.Logf("%v, %v", ends, life)
	require.Equal(t, 1000, ends[schema.Succeeded]+ends[schema.Aborted])
	require.Greater(t, min(ends[schema.Succeeded], ends[schema.Aborted]), 100, "or there was no race")
	s.requireNoSurvivors(t)
	require.Zero(t, s.children(t), "no zombies")
	s.awaitLogged(t, "run ended", 1000) // one end for each run
}

// raceAbort aborts a run at some time after it was accepted, and returns how it has ended, if
// everybody is told the same. Somebody looks at it from its beginning, or only afterwards.
func (s *server) raceAbort(after time.Duration, watched bool) (r schema.Run, err error) {
	if err := s.call(http.MethodPost, "/api/runs", payload("hi"), &r); err != nil {
		return r, err
	}
	aborting, seen, h := time.After(after), make(chan error, 1), heard{}
	if watched {
		go func() { seen <- s.hearAll(r.ID, &h) }()
	}
	<-aborting
	again := schema.Run{}
	err = s.call(http.MethodPost, "/api/runs/"+r.ID+"/abort", "", &again)
	if !watched {
		seen <- s.hearAll(r.ID, &h)
	}
	err = errors.Join(err, <-seen, s.call(http.MethodGet, "/api/runs/"+r.ID, "", &r), s.call(http.MethodPost, "/api/runs/"+r.ID+"/abort", "", &again))
	switch {
	case err != nil:
		return r, err
	case !r.State.Final() || !reflect.DeepEqual(r, again):
		return r, fmt.Errorf("a second end: %+v and %+v", r, again)
	case len(h.ends) != 1 || h.ends[0].State != r.State || h.ends[0].Code != r.Code:
		return r, fmt.Errorf("a viewer was told %+v of %+v", h.ends, r)
	}
	return r, nil
}

// hearAll reads a run from its beginning to its end.
func (s *server) hearAll(id string, h *heard) error {
	st, err := s.openLines(crowdClient, id, 0, acceptNDJSON)
	if err != nil {
		return err
	}
	defer st.close()
	return st.hear(h, all)
}
