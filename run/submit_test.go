package run

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// ask submits a request that is to be refused.
func (h house) ask(t *testing.T, change ...func(*Request)) error {
	t.Helper()
	q := Request{Payload: schema.Payload{Prompt: "hi", Meta: "TEST"}, Client: "somebody"}
	for _, c := range change {
		c(&q)
	}
	r, view, err := h.Submit(t.Context(), q)
	require.Nil(t, r)
	require.Nil(t, view)
	return err
}

// keyed gives a request an Idempotency-Key.
func keyed(key string) func(*Request) { return func(q *Request) { q.Key = key } }

// requireCode fails unless an error is one that clients may see, with this code.
func requireCode(t *testing.T, want schema.Code, err error) {
	t.Helper()
	require.ErrorIs(t, err, schema.NewError(want, ""))
}

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
	require.Len(t, h.log.records("run ended"), 1)
	entries, err := os.ReadDir(h.procDir())
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestAModelMustBeAllowed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		allowed []string
		model   string
		ok      bool
	}{
		"none is asked for":  {nil, "", true},
		"none is allowed":    {nil, "sonnet", false},
		"another is allowed": {[]string{"opus"}, "sonnet", false},
		"it is allowed":      {[]string{"opus", "sonnet"}, "sonnet", true},
		"any is allowed":     {[]string{"*"}, "anything", true},
		"a part of a name":   {[]string{"sonnet-4"}, "sonnet", false},
		"a pattern":          {[]string{"son*"}, "sonnet", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, `echo "$@"`, func(c *Config) { c.AllowModels = test.allowed })
			ask := func(q *Request) { q.Model = test.model }
			if !test.ok {
				requireCode(t, schema.ForbiddenOption, h.ask(t, ask))
				return
			}
			_, view := h.submit(t, ask)
			arguments := view.read(t).lines[0]
			view.Leave(ClientGone)
			if test.model == "" {
				require.NotContains(t, arguments, "--model")
			} else {
				require.Contains(t, arguments, " --model="+test.model)
			}
		})
	}
}

func TestAWallClockMustBeWithinTheServers(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "exit 0", nil)
	clock := func(seconds int) func(*Request) { return func(q *Request) { q.TimeoutSeconds = seconds } }
	requireCode(t, schema.ForbiddenOption, h.ask(t, clock(61)))
	r, view := h.submit(t, clock(60))
	r.end(t)
	view.Leave(ClientGone)
}

const (
	session     = "11111111-2222-4333-8444-555555555555"
	sessionLine = `echo '{"type":"system","subtype":"init","session_id":"` + session + `"}';`
)

func TestResumeGoesOnWithTheSessionOfAnEarlierRun(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `echo "$@";`+sessionLine+resultLine, nil)
	earlier, view := h.submit(t)
	require.NotContains(t, view.read(t).lines[0], "--resume")
	view.Leave(ClientGone)
	require.Equal(t, schema.Succeeded, earlier.end(t).State)
	require.NoError(t, h.removeOutput(t.Context(), []string{earlier.ID}))

	later, view := h.submit(t, func(q *Request) { q.Resume = earlier.ID })
	require.Contains(t, view.read(t).lines[0], " --resume="+session+" --fork-session")
	view.Leave(ClientGone)
	later.end(t)
	require.Equal(t, earlier.ID, later.Info().Resume)
	require.NotContains(t, string(schema.Encode(later.Info())), session, "it never leaves the server")
}

func TestResumeRefuses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, gated, nil)
	r, view := h.submit(t)
	for name, test := range map[string]struct{ resume, text string }{
		"an unknown run":     {newID(), "resume: there is no such run"},
		"no run at all":      {"../../etc/passwd", "resume: there is no such run"},
		"a run that goes on": {r.ID, "resume: that run still goes on"},
	} {
		err := h.ask(t, func(q *Request) { q.Resume = test.resume })
		requireCode(t, schema.InvalidOption, err)
		require.Contains(t, err.Error(), test.text, name)
	}
	h.open(t, "gate")
	r.end(t)
	view.Leave(ClientGone)
	err := h.ask(t, func(q *Request) { q.Resume = r.ID })
	requireCode(t, schema.InvalidOption, err)
	require.Contains(t, err.Error(), "that run has no session to continue")
}

// What is told of a run is on the disk: at its begin, and at its end.
func TestD01WhatIsToldIsOnDisk(t *testing.T) {
	t.Parallel()
	h := newHouse(t, sessionLine+`echo some >&2; echo '{"type":"result","is_error":false,"result":"42","num_turns":2,"total_cost_usd":0.5,"usage":{"input_tokens":7,"output_tokens":8}}'`, nil)
	for range 20 {
		r, view := h.submit(t, func(q *Request) { q.Prompt, q.Detach = "a prompt", true })
		record := h.record(t, r)
		require.Equal(t, "a prompt", record.Prompt)
		require.True(t, record.Detach)
		require.NotZero(t, record.CreatedAt)
		r.end(t)
		record = h.record(t, r)
		require.Equal(t, string(schema.Encode(r.Info())), string(schema.Encode(record.Run)))
		for _, at := range []time.Time{r.Info().CreatedAt, *r.Info().StartedAt, *r.Info().EndedAt} {
			require.Equal(t, time.UTC, at.Location())
		}
		require.Equal(t, schema.Succeeded, record.State)
		require.Equal(t, session, record.Session)
		require.True(t, record.Sealed)
		require.Equal(t, "42", *record.Result)
		require.Equal(t, schema.Usage{InputTokens: 7, OutputTokens: 8, Turns: 2, CostUSD: 0.5}, *record.Usage)
		require.Equal(t, schema.Exit{}, *record.Exit)
		require.Equal(t, schema.Stop{Rung: "exit", Survivors: []int{}}, *record.Stop)
		require.EqualValues(t, 2, record.Lines)
		require.EqualValues(t, 5, record.StderrBytes)
		require.NotZero(t, record.OutputBytes)
		require.False(t, record.StartedAt.Before(record.CreatedAt))
		require.False(t, record.EndedAt.Before(*record.StartedAt))
		view.Leave(ClientGone)
	}
}
