package main

import (
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// startChat starts demo/chat.py, to which somebody types. Without Python the test is skipped.
func (s *server) startChat(t testing.TB, typed string, args ...string) *clientProcess {
	t.Helper()
	python := findPython(t)
	args = append([]string{"-B", "demo/chat.py", "--url", s.url}, args...)
	return s.startRunWith(t, func(c *exec.Cmd) {
		c.Path, c.Args, c.Stdin = python, append([]string{python}, args...), strings.NewReader(typed)
	})
}

func findPython(t testing.TB) string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed")
	}
	return python
}

// talk runs demo/chat.py to its end.
func (s *server) talk(t testing.TB, typed string, args ...string) commandEnd {
	t.Helper()
	return s.startChat(t, typed, args...).end(t)
}

// conversationOf is the one that demo/chat.py says it has made.
func conversationOf(t testing.TB, errs string) string {
	t.Helper()
	id := regexp.MustCompile(`(?m)^conversation (conv-[a-z2-7]{26})$`).FindStringSubmatch(errs)
	require.Len(t, id, 2, errs)
	return id[1]
}

func TestThePythonClientHasAConversation(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	first := s.talk(t, "", "hello there")
	require.Equal(t, 0, first.code, first.errs)
	id := conversationOf(t, first.errs)
	require.Equal(t, s.messages(t, id).Messages[1].Content+"\n", first.out, "what came in pieces is what was said")
	second := s.talk(t, "", "--conversation", id, "history")
	require.Equal(t, 0, second.code, second.errs)
	require.Contains(t, second.out, "1. hello there\n")
	require.NotContains(t, second.out, "stand-in agent: there is no model behind it", "nothing comes twice")
	require.Len(t, s.messages(t, id).Messages, 4)

	failed := s.talk(t, "", "--conversation", id, "error")
	require.Equal(t, 1, failed.code)
	require.Contains(t, failed.errs, "API_ERROR")
}

func TestThePythonClientAsksForApprovals(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	for typed, want := range map[string]string{
		"y\n":           `Allowed: the real agent would now have used Bash with {"command":"touch x"`,
		"\nn\n":         "Not allowed: Bash",
		"not in here\n": "The reason: not in here\n",
	} {
		e := s.talk(t, typed, "approve touch x")
		require.Equal(t, 0, e.code, e.errs)
		require.Contains(t, e.out, want)
		require.Contains(t, e.errs, `Bash {"command": "touch x"`)
	}
	both := s.talk(t, "y\nnot this one\n", "approve2 /a /b")
	require.Equal(t, 0, both.code, both.errs)
	require.Contains(t, both.out, `Allowed: the real agent would now have used Read with {"file_path":"/a"}`)
	require.Contains(t, both.out, "The reason: not this one\n")
}

// On a terminal an answer is what is typed behind the question, and the question shows all that it
// is about.
func TestThePythonClientAsksBeforeItListens(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	ask := strings.Replace(askLine, "touch x", `touch \u202e x`, 1)
	p, typing := s.startChatOnTerminal(t, script(say(initLine, assistant("wait")), g.wait(), "cat <<'END'\n"+ask+"\nEND", "read -r answer", say(assistant("done"), resultLine)))
	p.awaitOut(t, "wait")
	_, err := typing.Write([]byte("y\n"))
	require.NoError(t, err)
	p.awaitOut(t, "y\r\n")
	g.open()
	p.awaitOut(t, "Allow it?")
	require.Contains(t, p.out.String(), `Bash {"command": "touch \u202e x"}`)
	var open schema.ApprovalList
	s.getJSON(t, &open, 200, "GET", "/api/approvals", "")
	require.Len(t, open.Approvals, 1)
	_, err = typing.Write([]byte("n\n"))
	require.NoError(t, err)
	require.Contains(t, p.end(t).out, "done")
	require.Equal(t, schema.ApprovalDenied, s.approval(t, open.Approvals[0].ID).State)
}

// startChatOnTerminal starts demo/chat.py on a terminal of its own, to which the pipe types. All
// that it prints is its out.
func (s *server) startChatOnTerminal(t testing.TB, message string) (*clientProcess, io.Writer) {
	t.Helper()
	python := findPython(t)
	var typing io.Writer
	p := s.startRunWith(t, func(c *exec.Cmd) {
		var err error
		c.Path, c.Args = python, []string{python, "-B", "-c", "import pty, sys; pty.spawn(sys.argv[1:])", python, "-B", "demo/chat.py", "--url", s.url, message}
		typing, err = c.StdinPipe()
		require.NoError(t, err)
	})
	return p, typing
}

func TestThePythonClientLeavesARequestToOthers(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	p := s.startChat(t, "", "approve touch x")
	p.awaitErr(t, "POST /api/approvals/apr_")
	id := regexp.MustCompile(`apr_[a-z2-7]{26}`).FindString(p.errs.String())
	s.body(t, "/api/approvals/"+id)
	answer, text := s.do(t, "POST", "/api/approvals/"+id, `{"allow":true}`)
	require.Equal(t, 200, answer.StatusCode, text)
	e := p.end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Contains(t, e.out, "Allowed")
	require.Contains(t, e.errs, "[allowed]")
}

// The server is killed in the middle of an answer, and another one started in its place.
func TestThePythonClientSurvivesItsServer(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	p := s.startChat(t, "", script(say(initLine, assistant("one"), assistant("two")), g.wait(), say(assistant("three"), resultLine)))
	p.awaitOut(t, "two")
	next := s.killAndRestart(t)
	g.open()
	e := p.end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Equal(t, "one\n\ntwo\n\nthree\n", e.out)
	require.Contains(t, e.errs, "connecting again")
	require.Len(t, next.messages(t, conversationOf(t, e.errs)).Messages, 2, "it was sent once")
}

// The same, and what the server has kept for whoever comes back is gone.
func TestThePythonClientSurvivesALostJournal(t *testing.T) {
	t.Parallel()
	s, g := startServer(t), newGate(t)
	p := s.startChat(t, "", script(say(initLine, assistant("one")), g.wait(), say(assistant("two"), resultLine)))
	p.awaitOut(t, "one")
	require.NoError(t, s.command.Process.Kill())
	s.awaitExit(t)
	require.NoError(t, os.RemoveAll(filepath.Join(s.dir, "journal")))
	s.killAndRestart(t)
	g.open()
	e := p.end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Equal(t, "one\n\ndone\n", e.out, "what it had, and the result")
}

// The same with a request open, which nobody can answer then.
func TestThePythonClientSurvivesItsServerAmidARequest(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := s.startChat(t, "", asking())
	p.awaitErr(t, "POST /api/approvals/apr_")
	s.killAndRestart(t)
	e := p.end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Equal(t, "done\n", e.out)
	require.Contains(t, e.errs, "[cancelled]")
}

// Every connection is cut after some bytes, also before the server has said that it has the
// message.
func TestThePythonClientSurvivesCuts(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	id := s.newChat(t)
	s.converse(t, id, "what is there already")
	through := s.startCutter(t, func() int64 { return rand.Int64N(2500) })
	e := through.talk(t, "", "--conversation", id, "markdown")
	require.Equal(t, 0, e.code, e.errs)
	messages := s.messages(t, id).Messages
	require.Len(t, messages, 4, "it was sent once")
	require.Equal(t, messages[3].Content+"\n", e.out)
	require.Greater(t, strings.Count(e.errs, "connecting again"), 3)
}

func TestCtrlCToThePythonClientEndsTheAnswer(t *testing.T) {
	t.Parallel()
	s, g := startServer(t, "--stop-grace=1s"), newGate(t)
	p := s.startChat(t, "", script(say(initLine, assistant("one")), g.wait()))
	p.awaitOut(t, "one")
	p.signal(t, syscall.SIGINT)
	e := p.end(t)
	require.Equal(t, 130, e.code, e.errs)
	require.Equal(t, schema.Aborted, s.runOf(t, conversationOf(t, e.errs)).State)
}

// runOf is the run that has answered the first message of a conversation.
func (s *server) runOf(t testing.TB, conversation string) (run schema.Run) {
	t.Helper()
	s.getJSON(t, &run, 200, "GET", "/api/runs/"+s.messages(t, conversation).Messages[0].Run, "")
	return run
}

func TestThePythonClientIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for told, args := range map[string][]string{
		"SESSION_NOT_FOUND": {"--conversation", "conv-" + strings.Repeat("a", 26), "hi"},
		"INVALID_CONTENT":   {" "},
	} {
		e := s.talk(t, "", args...)
		require.Equal(t, 2, e.code, e.errs)
		require.Contains(t, e.errs, told)
		require.Empty(t, e.out)
	}
	s.requireNoRun(t)
}
