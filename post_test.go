package main

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestARunIsAcceptedAtOnceAndKnownFromThenOn(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	answer, text := s.do(t, http.MethodPost, "/api/runs", payloadWith(script("echo one", g.wait(), "echo two"), "partial", true, "timeoutSeconds", 60), "Accept: */*")
	require.Equal(t, http.StatusAccepted, answer.StatusCode)
	require.Equal(t, "no-store", answer.Header.Get("Cache-Control"))
	require.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
	id := strings.TrimPrefix(answer.Header.Get("Location"), "/api/runs/")
	require.Regexp(t, schema.RunID, id)
	require.Contains(t, text, `"run":"`+id+`"`)
	r := s.awaitRun(t, id, func(r schema.Run) bool { return r.State == schema.Running && r.StartedAt != nil })
	require.Equal(t, schema.Options{Partial: true, Detach: true, TimeoutSeconds: 60}, r.Options)
	require.Equal(t, "TEST", r.Meta)
	require.Nil(t, r.EndedAt)

	g.open()
	r = s.awaitEnd(t, id, schema.Succeeded, "")
	require.EqualValues(t, 2, r.Lines)
	require.EqualValues(t, 8, r.OutputBytes)
	require.Equal(t, &schema.Exit{}, r.Exit)
	require.Equal(t, &schema.Stop{Rung: "exit", Survivors: []int{}}, r.Stop)
	require.False(t, r.StartedAt.Before(r.CreatedAt) || r.EndedAt.Before(*r.StartedAt))
	require.Contains(t, s.started(t)[0].Args, "--include-partial-messages")
}

func TestAPostMayStreamItsRun(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	body := payload(script("echo one", "echo boom >&2", "echo two", "exit 3"))
	for _, accept := range []string{acceptSSE, acceptNDJSON} {
		st, err := s.openStream(http.DefaultClient, http.MethodPost, "/api/runs", body, "Accept: "+accept)
		require.NoError(t, err)
		h, header := st.rest(t), st.answer.Header
		st.close()
		require.Equal(t, "no-store", header.Get("Cache-Control"))
		require.Equal(t, "no", header.Get("X-Accel-Buffering"))
		require.Equal(t, accept, header.Get("Content-Type"))
		id := strings.TrimPrefix(header.Get("Location"), "/api/runs/")
		require.Equal(t, []told{{T: "info", Info: "run", Run: id}}, h.infos)
		require.Equal(t, []string{"one", "two"}, h.lines)
		require.Equal(t, []string{"boom"}, h.stderr)
		requireHeard(t, h, schema.Failed, schema.ExitNonzero)
		if accept == acceptSSE {
			require.Equal(t, []string{"1000", "end"}, []string{st.retry, st.lastID})
		}
		requireRun(t, s.lookUp(t, id), schema.Failed, schema.ExitNonzero) // what a client is told is on disk
	}
	answer, text := s.do(t, http.MethodPost, "/api/runs", body, "Accept: text/plain")
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "text/plain; charset=utf-8", answer.Header.Get("Content-Type"))
	require.Equal(t, "one\ntwo\n", text)
}

func TestARunThatWasPostedGoesOnWithoutItsClient(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	for _, accept := range []string{acceptSSE, acceptNDJSON, acceptText} {
		st, err := s.openStream(http.DefaultClient, http.MethodPost, "/api/runs", payload(script("echo one", g.wait(), "echo two")), "Accept: "+accept)
		require.NoError(t, err)
		for line := ""; !strings.Contains(line, "one"); {
			line, err = st.in.ReadString('\n')
			require.NoError(t, err)
		}
		st.close()
	}
	s.awaitSockets(t, 0)
	require.Equal(t, 3, s.health(t).Runs.Running)
	g.open()
	for _, r := range s.runs(t, "").Runs {
		require.EqualValues(t, 2, s.awaitEnd(t, r.ID, schema.Succeeded, "").Lines)
	}
}

func TestAPostMayWaitForTheEnd(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := s.post(t, "/api/runs?wait=true", payload(script(say(initLine,
		`{"type":"result","subtype":"success","is_error":false,"result":"the answer","num_turns":2,"total_cost_usd":0.25,"usage":{"input_tokens":3,"output_tokens":4,"cache_read_input_tokens":5,"cache_creation_input_tokens":6}}`))))
	requireRun(t, r, schema.Succeeded, "")
	require.Equal(t, "the answer", *r.Result)
	require.Equal(t, &schema.Usage{InputTokens: 3, OutputTokens: 4, CacheReadTokens: 5, CacheCreationTokens: 6, Turns: 2, CostUSD: 0.25}, r.Usage)
	r = s.post(t, "/api/runs?wait=true", payload(script("exit 3")))
	requireRun(t, r, schema.Failed, schema.ExitNonzero)
	require.Equal(t, &schema.Exit{Code: 3}, r.Exit)
	r = s.post(t, "/api/runs?wait=true", payload(script("kill -KILL $$")))
	requireRun(t, r, schema.Failed, schema.KilledBySignal)
	require.Equal(t, &schema.Exit{Code: -1, Signal: "SIGKILL"}, r.Exit)
}

func TestBadPostsAreRefusedAndStartNothing(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	valid := payload("hi")
	for code, bodies := range map[schema.Code][]string{
		schema.InvalidJSON: {
			"", " ", "{", "[]", "null", `"x"`, "42", "\ufeff" + valid, valid + " x", valid + valid, `{"prompt":"a","meta":"A",}`,
			`{"prompt":"a","prompt":"b","meta":"A"}`, `{"PROMPT":"a","meta":"A"}`, "{\"prompt\":\"\xff\xfe\",\"meta\":\"A\"}", `{"prompt":"\ud800","meta":"A"}`,
		},
		schema.InvalidPrompt:   {`{"meta":"A"}`, `{"prompt":null,"meta":"A"}`, `{"prompt":" ","meta":"A"}`, payload(strings.Repeat("x", 8193)), payload("a\x00b")},
		schema.InvalidMeta:     {`{"prompt":"a"}`, `{"prompt":"a","meta":7}`, `{"prompt":"a","meta":"a b"}`, `{"prompt":"a","meta":"A\n"}`},
		schema.InvalidOption:   {with("detach", `"yes"`), with("timeoutSeconds", `0`), with("model", `"-x"`), with("resume", `"../../etc"`), with("partial", "null")},
		schema.ForbiddenOption: {with("model", `"opus"`), with("timeoutSeconds", "301")},
	} {
		for _, body := range bodies {
			for _, accept := range []string{"*/*", acceptSSE} {
				answer, text := s.do(t, http.MethodPost, "/api/runs", body, "Accept: "+accept)
				requireRefusal(t, answer, text, http.StatusBadRequest, code)
			}
		}
	}
	s.requireTooLarge(t, 65_537)
	for _, key := range []string{strings.Repeat("k", 201), "a b", "ké", "a\tb"} {
		answer, text := s.do(t, http.MethodPost, "/api/runs", valid, "Idempotency-Key: "+key)
		requireRefusal(t, answer, text, http.StatusBadRequest, schema.BadRequest)
	}
	require.Empty(t, s.runs(t, "").Runs)
	s.requireNoRun(t)
}

// requireTooLarge posts a body of so many bytes. The server answers before it has read all of
// that and closes, which a client that still writes may notice before it reads the answer.
func (s *server) requireTooLarge(t testing.TB, size int) {
	t.Helper()
	for range 20 {
		answer, text, err := s.tryDo(http.MethodPost, "/api/runs", strings.Repeat(" ", size))
		if err == nil {
			requireRefusal(t, answer, text, http.StatusRequestEntityTooLarge, schema.TooLarge)
			return
		}
	}
	require.Fail(t, "there is no answer")
}

// requireRefusal checks an answer that is an error.
func requireRefusal(t testing.TB, answer *http.Response, text string, status int, code schema.Code) {
	t.Helper()
	require.Equal(t, status, answer.StatusCode, text)
	require.Contains(t, text, `"code":"`+string(code)+`"`)
	require.Equal(t, "application/json; charset=utf-8", answer.Header.Get("Content-Type"))
}

func TestN08OneKeyIsOneRun(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	key := "Idempotency-Key: !" + strings.Repeat("~", 199)
	ids := make(chan string, 50)
	var clients sync.WaitGroup
	for range cap(ids) {
		clients.Go(func() { ids <- s.post(t, "/api/runs", payload("hi"), key).ID })
	}
	clients.Wait()
	id := <-ids
	for range cap(ids) - 1 {
		require.Equal(t, id, <-ids)
	}
	s.awaitEnd(t, id, schema.Succeeded, "")
	require.Equal(t, id, s.post(t, "/api/runs", `{ "meta": "TEST", "prompt": "\u0068i", "unknown": 1 }`, key).ID, "the same request in other words")
	st, err := s.openStream(http.DefaultClient, http.MethodPost, "/api/runs", payload("hi"), key, "Accept: "+acceptNDJSON)
	require.NoError(t, err)
	defer st.close()
	h := st.rest(t)
	require.Equal(t, []string{"ok"}, h.lines, "also its output")
	for _, other := range []string{payload("ho"), `{"prompt":"hi","meta":"OTHER"}`, with("partial", "true"), with("timeoutSeconds", "9")} {
		answer, text := s.do(t, http.MethodPost, "/api/runs", other, key)
		requireRefusal(t, answer, text, http.StatusConflict, schema.KeyReused)
	}
	require.Len(t, s.started(t), 1)
	require.NotEqual(t, id, s.post(t, "/api/runs", payload("hi"), key[:len(key)-1]).ID, "another key is another run")
}

func TestL02APostIsQueuedOrRefused(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--max-runs=1", "--max-queue=1"), newGate(t)
	first := s.start(t, script(g.wait()))
	second := s.post(t, "/api/runs", payload("hi"))
	require.Equal(t, schema.Queued, second.State)
	require.Equal(t, 1, second.Position)
	fastest := patience // of some: others use this machine too
	for range 5 {
		start := time.Now()
		answer, text := s.do(t, http.MethodPost, "/api/runs", payload("hi"))
		fastest = min(fastest, time.Since(start))
		requireRefusal(t, answer, text, http.StatusServiceUnavailable, schema.Overloaded)
		require.NotEmpty(t, answer.Header.Get("Retry-After"))
	}
	require.Less(t, fastest, 100*time.Millisecond)
	st := s.lines(t, second.ID, 0, acceptNDJSON)
	x, err := st.next()
	require.NoError(t, err)
	require.Equal(t, second.ID, x.Run)
	x, err = st.next()
	require.NoError(t, err)
	require.Equal(t, told{T: "info", Info: "queued", Position: 1}, x)
	g.open()
	requireHeard(t, st.rest(t), schema.Succeeded, "")
	s.awaitEnd(t, first, schema.Succeeded, "")
	_, err = st.in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
}
