package main

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/web"
)

// unprovoked is what the document describes and this test cannot bring about everywhere: a
// fault of the server is nothing that a client can ask for, and a full disk takes a disk.
var unprovoked = []string{" 500", " 507"}

// Everything that the document says is seen, and nothing is seen that it does not say.
func TestTheOpenAPIDocumentIsTrue(t *testing.T) {
	t.Parallel()
	c := newContract(t)
	s := startServer(t, "--max-runs=1", "--max-queue=1", "--stop-grace=1s", "--allow-model=sonnet")
	c.askPlain(s)
	c.askForRuns(s)
	c.askForOutput(s)
	c.askForChats()
	c.askForWebChat()
	c.askForUIStreams()
	c.askForDamage(s)
	c.askWhileBusy(s)
	c.askWrongly(s)
	c.askForSockets(s)
	c.askForWhatIsGone()
	c.askForTooMuch()
	c.askWithoutAgent()
	c.refuseEverywhere(s)
	c.askAtTheEnd(s)
	for _, what := range c.unseen() {
		known := false
		for _, end := range unprovoked {
			known = known || strings.HasSuffix(what, end)
		}
		require.True(t, known, "never seen: %s", what)
	}
}

func (c *contract) askPlain(s *server) {
	for _, path := range []string{
		"/", "/demo", "/ws-demo.js", "/ws-demo.css", "/favicon.ico", "/livez", "/readyz", "/api/health", "/api/openapi.json", "/api/asyncapi.json", "/api/runs",
	} {
		x := c.ask(s, http.MethodGet, path, "")
		require.Less(c.t, x.status, 300, path)
	}
	c.askForPages(s)
	require.Equal(c.t, readFile(c.t, "docs/openapi.json"), c.ask(s, http.MethodGet, "/api/openapi.json", "").answer)
	require.Equal(c.t, readFile(c.t, "docs/asyncapi.json"), c.ask(s, http.MethodGet, "/api/asyncapi.json", "").answer)
	require.Equal(c.t, version, c.doc.Info.Version)
	c.ask(startServer(c.t, "--demo"), http.MethodGet, "/api/health", "")
}

// askForPages asks for everything that the pages are made of, also again.
func (c *contract) askForPages(s *server) {
	assets, err := fs.Glob(web.FS, "assets/*")
	require.NoError(c.t, err)
	require.NotEmpty(c.t, assets)
	for _, path := range append(assets, "", "index.html", "webchat", "bundle.js", "styles.css", "icon.svg", "demo", "ws-demo.js", "ws-demo.css") {
		first := c.ask(s, http.MethodGet, "/"+path, "")
		require.Equal(c.t, http.StatusOK, first.status, path)
		again := c.ask(s, http.MethodGet, "/"+path, "", "If-None-Match: "+first.answered.Get("ETag"))
		require.Equal(c.t, http.StatusNotModified, again.status, path)
		require.Empty(c.t, again.answer)
	}
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodGet, "/assets/nothing.js", "").status)
}

// wants returns a payload for the fake, with more members.
func wants(prompt, more string) string {
	text := payload(prompt)
	return text[:len(text)-1] + more + "}"
}

// run reads a run out of an answer.
func (x exchange) run(t *testing.T) (r schema.Run) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(x.answer), &r), x.answer)
	return r
}

func (c *contract) askForRuns(s *server) {
	session := strings.Replace(initLine, `"s"`, `"6f1c0a52-3a1b-4a64-9f0e-3f2b8a1c7d10"`, 1)
	answered := script(say(session, resultLine) + "echo warning >&2")
	first := c.ask(s, http.MethodPost, "/api/runs?wait=true", wants(answered, `,"partial":true,"timeoutSeconds":60,"model":"sonnet"`)).run(c.t)
	require.Equal(c.t, schema.Succeeded, first.State)
	again := wants(answered, `,"detach":true,"resume":"`+first.ID+`"`)
	require.Equal(c.t, http.StatusAccepted, c.ask(s, http.MethodPost, "/api/runs", again, "Idempotency-Key: k1").status)
	require.Equal(c.t, http.StatusOK, c.ask(s, http.MethodPost, "/api/runs?wait=true", again, "Idempotency-Key: k1").status)
	require.Equal(c.t, http.StatusConflict, c.ask(s, http.MethodPost, "/api/runs", payload("other"), "Idempotency-Key: k1").status)

	long := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload(script(
		say(initLine), `printf '{"type":"result","subtype":"success","is_error":false,"result":"%s"}\n' "$(head -c 300000 /dev/zero | tr '\0' x)"`))).run(c.t)
	require.True(c.t, long.ResultCut)
	killed := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload(script("kill -KILL $$"))).run(c.t)
	require.Equal(c.t, "SIGKILL", killed.Exit.Signal)
	c.ask(s, http.MethodGet, "/api/runs/"+killed.ID, "")
	c.ask(s, http.MethodGet, "/api/runs?limit=2&state=succeeded&meta=TEST&before="+killed.ID, "")
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodGet, "/api/runs/"+nobody, "").status)
	require.Equal(c.t, http.StatusNotFound, c.ask(s, http.MethodPost, "/api/runs/"+nobody+"/abort", "").status)
}

// nobody is the id of no run.
const nobody = "run_aaaaaaaaaaaaaaaaaaaaaaaaaa"

func (c *contract) askWrongly(s *server) {
	for _, body := range []string{
		`{`, `[]`, `{"prompt":"","meta":"A"}`, `{"prompt":" ","meta":"A"}`, `{"prompt":"a\u0000","meta":"A"}`, `{"prompt":"a"}`, `{"prompt":"a","meta":"a"}`,
		`{"prompt":"a","meta":"A","partial":1}`, `{"prompt":"a","meta":"A","timeoutSeconds":0}`, `{"prompt":"a","meta":"A","resume":"x"}`,
	} {
		c.askWrong(s, http.StatusBadRequest, http.MethodPost, "/api/runs", body)
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "state=x", "before=x"} {
		c.askWrong(s, http.StatusBadRequest, http.MethodGet, "/api/runs?"+query, "")
	}
	c.askWrong(s, http.StatusBadRequest, http.MethodPost, "/api/runs", payload("a"), "Idempotency-Key: a b")
	c.askWrong(s, http.StatusBadRequest, http.MethodGet, "/api/runs/"+nobody+"/lines?from=-1", "")
	c.askWrong(s, http.StatusBadRequest, http.MethodGet, "/api/runs/"+nobody+"/lines", "", "Last-Event-ID: x")
	c.askWrong(s, http.StatusNotFound, http.MethodGet, "/api/runs/x", "")
	for body, code := range map[string]schema.Code{ // what a schema cannot tell
		`{"prompt":"a","prompt":"b","meta":"A"}`: schema.InvalidJSON, `{"prompt":"a","meta":"A","model":"opus"}`: schema.ForbiddenOption,
		`{"prompt":"a","meta":"A","resume":"` + nobody + `"}`: schema.InvalidOption,
	} {
		require.Contains(c.t, c.ask(s, http.MethodPost, "/api/runs", body).answer, string(code))
	}
}

func (c *contract) askForWhatIsGone() {
	s := startServer(c.t, "--retain=0")
	r := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload("hi"), "Idempotency-Key: k").run(c.t)
	require.Eventually(c.t, func() bool {
		return c.ask(s, http.MethodGet, "/api/runs/"+r.ID+"/lines", "").status == http.StatusGone
	}, patience, patience/1000)
	require.True(c.t, c.ask(s, http.MethodGet, "/api/runs/"+r.ID, "").run(c.t).OutputGone)
	require.Equal(c.t, http.StatusGone, c.ask(s, http.MethodPost, "/api/runs", payload("hi"), "Idempotency-Key: k", "Accept: text/plain").status)
}

func (c *contract) askForTooMuch() {
	s := startServer(c.t, "--max-connections=1")
	r := c.ask(s, http.MethodPost, "/api/runs?wait=true", payload("hi")).run(c.t)
	s.dial(c.t).next()
	for _, x := range []exchange{
		c.ask(s, http.MethodPost, "/api/runs", payload("hi"), "Accept: text/event-stream"), c.ask(s, http.MethodGet, "/api/runs/"+r.ID+"/lines", ""),
		c.handshake(s, "/ws/claude"), c.handshake(s, "/ws/runs/"+r.ID), c.handshake(s, "/ws"),
	} {
		require.Equal(c.t, http.StatusServiceUnavailable, x.status, x.path)
		require.Contains(c.t, x.answer, string(schema.Overloaded))
	}
}

func (c *contract) askWithoutAgent() {
	s := startServer(c.t, "--claude=/nonexistent/claude")
	require.Equal(c.t, http.StatusServiceUnavailable, c.ask(s, http.MethodGet, "/readyz", "").status)
	require.Contains(c.t, c.ask(s, http.MethodGet, "/api/health", "").answer, "degraded")
	require.Equal(c.t, schema.SpawnFailed, c.ask(s, http.MethodPost, "/api/runs?wait=true", payload("hi")).run(c.t).Code)
}

// askAtTheEnd asks a server that is being stopped.
func (c *contract) askAtTheEnd(s *server) {
	socket, id := s.begin(c.t, script("echo ready; trap '' TERM; sleep 600"))
	require.Equal(c.t, "ready", socket.next())
	require.NoError(c.t, s.command.Process.Signal(syscall.SIGTERM))
	require.Eventually(c.t, func() bool {
		return strings.Contains(c.ask(s, http.MethodGet, "/readyz", "").answer, string(schema.Draining))
	}, patience, patience/1000)
	require.Contains(c.t, c.ask(s, http.MethodGet, "/api/health", "").answer, "draining")
	for _, x := range []exchange{
		c.ask(s, http.MethodPost, "/api/runs", payload("hi")), c.ask(s, http.MethodGet, "/api/runs/"+id+"/lines", ""),
		c.handshake(s, "/ws/claude"), c.handshake(s, "/ws/runs/"+id), c.handshake(s, "/ws"),
	} {
		require.Equal(c.t, http.StatusServiceUnavailable, x.status, x.path)
		require.Contains(c.t, x.answer, string(schema.Draining))
	}
}
