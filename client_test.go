package main

import (
	"bytes"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// commandEnd is how a command has ended.
type commandEnd struct {
	out, errs string
	code      int
}

// spoolRun runs spool run with arguments, and stdin if there is any.
func (s *server) spoolRun(t *testing.T, stdin string, args ...string) commandEnd {
	t.Helper()
	command := exec.CommandContext(t.Context(), binaries.spool, append([]string{"run", "--url=" + s.url}, args...)...)
	command.Env = []string{"GORACE=atexit_sleep_ms=0"}
	command.Stdin = strings.NewReader(stdin)
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	stop := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer stop.Stop()
	_ = command.Run()
	return commandEnd{out.String(), errs.String(), command.ProcessState.ExitCode()}
}

func TestSpoolRunExits0OnSuccess(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.spoolRun(t, "", script(`printf 'one\n\n{"type":1}\ntwo'; echo warning >&2`))
	require.Equal(t, commandEnd{"one\n\n{\"type\":1}\ntwo\n", "warning\n", 0}, e)
	require.Equal(t, commandEnd{"ok\n", "", 0}, s.spoolRun(t, "", "--meta=TASK-1", "--partial", "--", "--version"))
	require.Equal(t, commandEnd{"from stdin\n", "", 0}, s.spoolRun(t, script("echo from stdin"), "-"))
	var prompts, args []string
	for _, r := range s.started(t) {
		prompts, args = append(prompts, r.Prompt), append(args, r.Args...)
	}
	require.Contains(t, prompts, "--version")
	require.Contains(t, args, "--include-partial-messages")
}

func TestSpoolRunTellsTheServersFramesFromLines(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	lines := []string{`{"info":1}`, `{"info":"run"}`, `{"error":"of my own","code":"X"}`, `{"error":1}`, `{"stderr":1}`, `{"error":"last","code":"X"}`}
	require.Equal(t, commandEnd{strings.Join(lines, "\n") + "\n", "", 0}, s.spoolRun(t, "", script(say(lines...))))
	e := s.spoolRun(t, "", script(say(lines...)+"exit 1"))
	require.Equal(t, 1, e.code)
	require.Equal(t, strings.Join(lines, "\n")+"\n", e.out)
	require.Contains(t, e.errs, "EXIT_NONZERO")
}

func TestSpoolRunPrintsALongLineWhole(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.spoolRun(t, "", script(`yes 0123456789abcdef | tr -d '\n' | head -c 4194304; echo; echo end`))
	require.Zero(t, e.code, e.errs)
	require.True(t, strings.Repeat("0123456789abcdef", 4194304/16)+"\nend\n" == e.out)
}

func TestSpoolRunExits1WhenTheRunFailed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.spoolRun(t, "", script("echo one; echo boom >&2; exit 3"))
	require.Equal(t, 1, e.code)
	require.Equal(t, "one\n", e.out)
	require.Contains(t, e.errs, "boom\n")
	require.Contains(t, e.errs, "EXIT_NONZERO")

	e = s.spoolRun(t, "", script(say(initLine)))
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "INCOMPLETE")
}

func TestSpoolRunExits1WithoutAServer(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := &server{url: "http://" + listener.Addr().String()}
	require.NoError(t, listener.Close())
	e := nobody.spoolRun(t, "", "hi")
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "--url")

	s := startServer(t, "--max-connections=1")
	s.dial(t).next()
	e = s.spoolRun(t, "", "hi")
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "OVERLOADED")
}

func TestSpoolRunExits2ForBadInput(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for name, test := range map[string]struct {
		args  []string
		stdin string
		told  string
	}{
		"a blank prompt":       {[]string{" "}, "", "INVALID_PROMPT"},
		"a prompt too long":    {[]string{strings.Repeat("x", 8193)}, "", "INVALID_PROMPT"},
		"much too long":        {[]string{"-"}, strings.Repeat("x", 1<<20), "INVALID_PROMPT"},
		"a meta in lower case": {[]string{"hi", "--meta=task"}, "", "INVALID_META"},
		"no prompt":            {nil, "", "PROMPT"},
		"no such flag":         {[]string{"hi", "--nope"}, "", "--nope"},
		"two prompts":          {[]string{"hi", "there"}, "", "there"},
		"not UTF-8":            {[]string{"-"}, "\xff\xfe", "UTF-8"},
	} {
		e := s.spoolRun(t, test.stdin, test.args...)
		require.Equal(t, 2, e.code, "%s: %s", name, e.errs)
		require.Contains(t, e.errs, test.told, name)
		require.Empty(t, e.out)
	}
	require.Empty(t, s.started(t))
}

func TestSpoolRunExits3AtATimeout(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--run-timeout=5s", "--idle-timeout=3s")
	e := s.spoolRun(t, "", script("echo one; sleep 600"))
	require.Equal(t, 3, e.code)
	require.Equal(t, "one\n", e.out)
	require.Contains(t, e.errs, "TIMEOUT_IDLE")
	e = s.spoolRun(t, "", script("while :; do echo one; sleep 0.1; done"))
	require.Equal(t, 3, e.code)
	require.Contains(t, e.errs, "TIMEOUT_WALL")
}

func TestASignalToSpoolRunEndsTheRun(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	client := s.startClient(t, script("sleep 600"))
	require.Eventually(t, func() bool { return len(s.started(t)) == 1 }, patience, 10*time.Millisecond)
	require.NoError(t, client.Process.Signal(syscall.SIGINT))
	s.awaitNoSurvivors(t, 2*time.Second)
	s.awaitIdle(t)
}

func TestSpoolRunSaysThatASignalEndedIt(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--stop-grace=1s")
	for by, status := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129} {
		p := s.startRun(t, script("echo one; sleep 600"))
		p.awaitOut(t, "one\n")
		p.signal(t, by)
		require.Equal(t, commandEnd{"one\n", "spool: interrupted: the server ends the run\n", status}, p.end(t))
	}
	s.awaitNoSurvivors(t, patience)
}

func TestVersionAndHelpExit0(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ args, told string }{
		{"version", "spool 0.1.0\n"}, {"--help", "--run-timeout"}, {"-h", "--listen"}, {"run --help", "Exits 0 on success"},
	} {
		out, err := exec.CommandContext(t.Context(), binaries.spool, strings.Fields(test.args)...).Output()
		require.NoError(t, err, test.args)
		require.Contains(t, string(out), test.told)
	}
}

// The envelopes on stdout are those of the other doors.
func TestSpoolRunPrintsEnvelopes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.spoolRun(t, "", "--json", script(`printf 'one\n\n{"type":1}\n"\\\ttwo\xff'; echo warning >&2`))
	require.Equal(t, 0, e.code, e.errs)
	require.Empty(t, e.errs)
	id := regexp.MustCompile(`run_[a-z2-7]{26}`).FindString(e.out)
	require.Equal(t, envelopes(t, s.output(t, id, "application/x-ndjson")), envelopes(t, e.out))
	require.True(t, strings.HasPrefix(e.out, `{"t":"info","info":"run","run":"`+id+`"}`+"\n"))
	require.True(t, strings.HasSuffix(e.out, `{"t":"end","state":"succeeded"}`+"\n"))

	for _, args := range [][]string{{"hi", "--meta=x"}, {"hi", "--meta=x", "--detach"}, {"--follow=run_" + strings.Repeat("a", 26)}, {"--abort=run_" + strings.Repeat("a", 26)}} {
		e = s.spoolRun(t, "", append(args, "--json")...)
		require.Equal(t, 2, e.code, "%s: %s", args, e.errs)
		require.Regexp(t, `^\{"t":"error","error":".*","code":"(INVALID_META|NOT_FOUND)"\}\n$`, e.out)
		require.Regexp(t, `INVALID_META|NOT_FOUND`, e.errs)
	}
}

func TestSpoolRunPassesOptionsOn(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--allow-model=opus")
	require.Equal(t, commandEnd{"ok\n", "", 0}, s.spoolRun(t, "", "hi", "--model=opus"))
	require.Contains(t, strings.Join(s.started(t)[0].Args, " "), "opus")
	e := s.spoolRun(t, "", script("sleep 600"), "--timeout-seconds=1")
	require.Equal(t, 3, e.code)
	require.Contains(t, e.errs, "TIMEOUT_WALL")
}

func TestSpoolRunContinuesASession(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.detached(t, script(say(`{"type":"system","subtype":"init","session_id":"6a1f0d5e-5c0d-4a55-9c2b-0d1d1d1d1d1d"}`, resultLine)))
	require.Zero(t, s.spoolRun(t, "", "--follow", id).code)
	require.Equal(t, commandEnd{"ok\n", "", 0}, s.spoolRun(t, "", "--resume", id, "and now?"))
	var args []string
	for _, r := range s.started(t) {
		args = append(args, r.Args...)
	}
	require.Contains(t, args, "--resume=6a1f0d5e-5c0d-4a55-9c2b-0d1d1d1d1d1d")
}

func TestSpoolRunSaysThatItsServerIsGone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := s.startRun(t, script("echo one; sleep 600"))
	p.awaitOut(t, "one\n")
	require.NoError(t, s.command.Process.Kill())
	e := p.end(t)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "the connection was lost")
	require.Contains(t, e.errs, "the server ends the run")
	s.killAndRestart(t)
}
