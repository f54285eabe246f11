package run

import (
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

// requireCode fails unless an error is one that clients may see, with this code.
func requireCode(t *testing.T, want schema.Code, err error) {
	t.Helper()
	require.ErrorIs(t, err, schema.NewError(want, ""))
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
