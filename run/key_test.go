package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// keyed gives a request an Idempotency-Key.
func keyed(key string) func(*Request) { return func(q *Request) { q.Key = key } }

// starts is how often the script was started that counts that.
func (h house) starts(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(h.config.Workspace, "starts"))
	require.NoError(t, err)
	return strings.Count(string(text), "\n")
}

const counting = `echo started >>starts; echo done`

func TestN10AKeyStandsForOneRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	key := "K-1"
	var id string
	t.Run("while it goes on and after", func(t *testing.T) {
		h := newHouseIn(t, dir, counting, nil)
		r, view := h.submit(t, keyed(key), detached)
		id = r.ID
		again, second := h.submit(t, keyed(key), detached)
		require.Equal(t, r.ID, again.ID)
		r.end(t)
		require.Equal(t, []string{"done"}, second.read(t).lines)
		third, past := h.submit(t, keyed(key), detached)
		require.Equal(t, r.ID, third.ID)
		require.Equal(t, []string{"done"}, past.read(t).lines)
		other, otherView := h.submit(t, keyed("K-2"), detached)
		require.NotEqual(t, r.ID, other.ID)
		require.Equal(t, schema.Succeeded, other.end(t).State)
		for _, v := range []*View{view, second, past, otherView} {
			v.Leave(ClientGone)
		}
		require.Equal(t, 2, h.starts(t))
	})
	t.Run("for later servers, also without output", func(t *testing.T) {
		h := newHouseIn(t, dir, counting, nil)
		r, view := h.submit(t, keyed(key), detached)
		require.Equal(t, id, r.ID)
		view.Leave(ClientGone)
		require.NoError(t, h.removeOutput(t.Context(), []string{id}))
		r, view, err := h.Submit(t.Context(), Request{Payload: schema.Payload{Prompt: "hi", Meta: "TEST", Options: schema.Options{Detach: true}}, Key: key})
		require.ErrorIs(t, err, ErrGone)
		require.Nil(t, view)
		require.Equal(t, id, r.ID)
		require.Equal(t, 2, h.starts(t))
	})
}

func TestN10AKeyWithAnotherRequestIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, counting, func(c *Config) { c.AllowModels = []string{"*"} })
	r, view := h.submit(t, keyed("K"))
	for name, change := range map[string]func(*Request){
		"prompt":  func(q *Request) { q.Prompt = "hi " },
		"meta":    func(q *Request) { q.Meta = "OTHER" },
		"partial": func(q *Request) { q.Partial = true },
		"detach":  detached,
		"timeout": func(q *Request) { q.TimeoutSeconds = 7 },
		"model":   func(q *Request) { q.Model = "x" },
		"resume":  func(q *Request) { q.Resume = r.ID },
	} {
		err := h.ask(t, keyed("K"), change)
		requireCode(t, schema.KeyReused, err)
		require.Contains(t, err.Error(), "Idempotency-Key", name)
	}
	again, second := h.submit(t, keyed("K"), func(q *Request) { q.Client = "somebody else" })
	require.Equal(t, r.ID, again.ID, "whoever asks")
	r.end(t)
	second.Leave(ClientGone)
	view.Leave(ClientGone)
	require.Equal(t, 1, h.starts(t))
}

func TestN10ManyAtOnceWithOneKeyAreOneRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, counting, func(c *Config) { c.MaxQueue = 50 })
	var (
		all sync.WaitGroup
		mu  sync.Mutex
		ids = map[string]int{}
	)
	for range 50 {
		all.Go(func() {
			q := Request{Payload: schema.Payload{Prompt: "hi", Meta: "TEST", Options: schema.Options{Detach: true}}, Key: "K"}
			r, view, err := h.Submit(context.Background(), q)
			if err != nil {
				t.Error(err)
				return
			}
			defer view.Leave(ClientGone)
			mu.Lock()
			defer mu.Unlock()
			ids[r.ID]++
		})
	}
	all.Wait()
	require.Len(t, ids, 1)
	for id := range ids {
		r, err := h.Open(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, schema.Succeeded, r.end(t).State)
	}
	h.Drain(t.Context())
	require.Equal(t, 1, h.starts(t))
	require.Len(t, h.log.Lines("run ended"), 1)
	entries, err := os.ReadDir(h.procDir())
	require.NoError(t, err)
	require.Len(t, entries, 1)
}
