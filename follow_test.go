package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/logtest"
	"spool/schema"
)

// numbered is a script that prints lines from 1 to n and a result, waits for a gate in their
// middle, and says something on stderr now and then. It is followed by what it prints.
func numbered(n int, gate string) (prompt, out, errs string) {
	for i := range n {
		out += fmt.Sprintf("line %d\n", i+1)
		if (i+1)%100 == 0 {
			errs += fmt.Sprintf("warning %d\n", i+1)
		}
	}
	return script(fmt.Sprintf(`i=0; while [ $i -lt %d ]; do i=$((i+1)); echo line $i`, n),
		`[ $((i%100)) -eq 0 ] && echo warning $i >&2`,
		fmt.Sprintf(`if [ $i -eq %d ]; then until [ -e '%s' ]; do sleep 0.02; done; fi; done`, n/2, gate),
		say(resultLine)), out + resultLine + "\n", errs
}

func openGate(t testing.TB, gate string) {
	t.Helper()
	require.NoError(t, os.WriteFile(gate, nil, 0o600))
}

// get returns the output of a run as a plain request has it.
func (s *server) output(t testing.TB, id, accept string) string {
	t.Helper()
	answer, text := s.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "", "Accept: "+accept)
	require.Equal(t, http.StatusOK, answer.StatusCode, text)
	return text
}

func TestFollowPrintsARunThatGoesOnAndOneThatHasEnded(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t), t.TempDir()+"/gate"
	prompt, out, errs := numbered(400, gate)
	id := s.detached(t, prompt)
	live := s.startRun(t, "--follow", id)
	live.awaitOut(t, "line 200\n")
	openGate(t, gate)
	require.Equal(t, commandEnd{out, errs, 0}, live.end(t))
	require.Equal(t, commandEnd{out, errs, 0}, s.spoolRun(t, "", "--follow", id))

	tail := commandEnd{"line 400\n" + resultLine + "\n", errs, 0}
	require.Equal(t, tail, s.spoolRun(t, "", "--follow", id, "--from", "399"))
	require.Equal(t, commandEnd{"", errs, 0}, s.spoolRun(t, "", "--follow", id, "--from", "401"))
}

func TestFollowExitsAsTheRunDid(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--idle-timeout=3s")
	for prompt, want := range map[string]struct {
		status int
		told   string
	}{
		"hi":                  {0, ""},
		script("exit 3"):      {1, "EXIT_NONZERO"},
		script(say(initLine)): {1, "INCOMPLETE"},
		script("sleep 600"):   {3, "TIMEOUT_IDLE"},
	} {
		e := s.spoolRun(t, "", "--follow", s.detached(t, prompt))
		require.Equal(t, want.status, e.code, "%q: %s", prompt, e.errs)
		require.Contains(t, e.errs, want.told)
	}
}

func TestFollowOfWhatCannotBeFollowed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	e := s.spoolRun(t, "", "--follow", "run_"+strings.Repeat("a", 26))
	require.Equal(t, 2, e.code)
	require.Contains(t, e.errs, "NOT_FOUND")

	id := s.detached(t, "hi")
	require.Zero(t, s.spoolRun(t, "", "--follow", id).code)
	e = s.spoolRun(t, "", "--follow", id, "--from=2")
	require.Equal(t, 2, e.code)
	require.Contains(t, e.errs, "REPLAY_GAP")

	forgetful := startServer(t, "--retain=0")
	id = forgetful.detached(t, "hi")
	require.Eventually(t, func() bool {
		answer, _ := forgetful.do(t, http.MethodGet, "/api/runs/"+id+"/lines", "")
		return answer.StatusCode == http.StatusGone
	}, patience, 10*time.Millisecond)
	e = forgetful.spoolRun(t, "", "--follow", id)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "OUTPUT_GONE")
}

// A server that is killed and started again loses nothing, and nothing comes twice.
func TestFollowGoesOnWhenTheServerWasKilledAndStartedAgain(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t), t.TempDir()+"/gate"
	prompt, out, errs := numbered(1000, gate)
	id := s.detached(t, prompt)
	plain, asJSON, tail := s.startRun(t, "--follow", id), s.startRun(t, "--follow", id, "--json"), s.startRun(t, "--follow", id, "--from=250")
	for _, p := range []*clientProcess{plain, tail} {
		p.awaitOut(t, "line 500\n")
	}
	asJSON.awaitOut(t, `"line 500"`)
	s = s.killAndRestart(t)
	openGate(t, gate)

	e := plain.end(t)
	require.Equal(t, 0, e.code, e.errs)
	require.Equal(t, out, e.out)
	require.Equal(t, errs, withoutNotice(t, e.errs))
	require.True(t, strings.HasSuffix(out, tail.end(t).out) && strings.HasPrefix(tail.out.String(), "line 251\n"))
	require.Equal(t, envelopes(t, s.output(t, id, "application/x-ndjson")), envelopes(t, asJSON.end(t).out))
}

// withoutNotice takes away what the client says about a lost connection, which it must.
func withoutNotice(t testing.TB, errs string) string {
	t.Helper()
	var rest []string
	for line := range strings.Lines(errs) {
		if !strings.HasPrefix(line, "spool: the connection was lost (") {
			rest = append(rest, line)
		}
	}
	require.NotEqual(t, errs, strings.Join(rest, ""), "no word about the loss")
	return strings.Join(rest, "")
}

// envelopes returns each kind of a run's envelopes in its order: between lines and stderr
// there is none.
func envelopes(t testing.TB, text string) map[string][]string {
	t.Helper()
	kinds := map[string][]string{}
	for line := range strings.Lines(text) {
		kind, _, ok := strings.Cut(strings.TrimPrefix(line, `{"t":"`), `"`)
		require.True(t, ok && strings.HasSuffix(line, "}\n"), "%q", line)
		kinds[kind] = append(kinds[kind], line)
	}
	require.Len(t, kinds["end"], 1)
	return kinds
}

// Cuts at any byte: in the handshake, between frames, within a line of any length.
func TestFollowOverConnectionsThatAreCutAnywhere(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--allow-host=127.0.0.1")
	id := s.detached(t, script(
		`printf 'warning 1\nwarning 2\n' >&2`,
		`for i in $(seq 40); do echo "{\"type\":\"numbered\",\"n\":$i,\"text\":\"\\u00e9\\n\"}"`,
		`head -c $((i*i*20)) /dev/zero | tr '\0' '\\'; echo 'é😀	"'; done; printf 'warning 3\nno newline' >&2`))
	require.Zero(t, s.spoolRun(t, "", "--follow", id).code)
	want := commandEnd{s.output(t, id, "text/plain"), "warning 1\nwarning 2\nwarning 3\nno newline\n", 0}
	wantJSON := envelopes(t, s.output(t, id, "application/x-ndjson"))

	for _, asJSON := range []bool{false, true} {
		var cuts atomic.Int64
		through := s.startCutter(t, func() int64 {
			if cuts.Add(1) == 1 {
				return 1000 // the first connection must come about
			}
			return rand.N([]int64{1000, 200_000, 200_000, 200_000}[rand.N(4)]) + 1
		})
		args := []string{"--follow", id}
		if asJSON {
			args = append(args, "--json")
		}
		e := through.startRun(t, args...).end(t)
		require.Equal(t, 0, e.code, e.errs)
		require.Greater(t, cuts.Load(), int64(3), "that was no test")
		e.errs = withoutNotice(t, e.errs)
		if asJSON {
			require.Equal(t, wantJSON, envelopes(t, e.out))
		} else {
			require.True(t, want == e, "%d and %d bytes; stderr: %s", len(want.out), len(e.out), e.errs)
		}
	}
}

// A server that does not come back is not waited for without end.
func TestFollowGivesUp(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.detached(t, script("echo one; echo two; sleep 600"))
	var out, errs logtest.Buffer
	f := testFollower(t, s, id, &out, &errs)
	f.backoff.patience = 500 * time.Millisecond
	ended := make(chan error, 1)
	go func() { ended <- f.follow(t.Context()) }()
	out.Await(t, "two\n")
	require.NoError(t, s.command.Process.Kill())
	err := <-ended
	require.ErrorContains(t, err, "did not come back within 500ms")
	require.ErrorContains(t, err, "spool run --follow "+id+" --from 2 --url "+s.url)
	require.ErrorAs(t, err, new(*exitError))
	require.Equal(t, 1, errs.Count("connecting again"), "once for each loss")
	s.killAndRestart(t, "--on-restart=stop") // ends what the killed one has left
}

// testFollower returns a follower whose patience and silence a test may change.
func testFollower(t testing.TB, s *server, id string, out, errs *logtest.Buffer) *follower {
	t.Helper()
	at, err := newRemote(s.url)
	require.NoError(t, err)
	p := newPrinter(streams{out: out, errors: errs}, false, 0)
	return &follower{remote: at, run: id, printer: p, backoff: backoff{patience: patience, told: p.progress.loss(errs)}}
}

// A server that is stopped for a moment is there again before the client gives up, although
// each attempt finds somebody who answers nothing.
func TestFollowNoticesAServerThatVanishes(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t), t.TempDir()+"/gate"
	prompt, want, _ := numbered(200, gate)
	id := s.detached(t, prompt)
	var out, errs logtest.Buffer
	f := testFollower(t, s, id, &out, &errs)
	f.silence = 500 * time.Millisecond
	ended := make(chan error, 1)
	go func() { ended <- f.follow(t.Context()) }()
	out.Await(t, "line 100\n")
	require.NoError(t, s.command.Process.Signal(syscall.SIGSTOP)) // its sockets stay open and take what is sent
	errs.Await(t, "nothing came for 500ms")
	require.NoError(t, s.command.Process.Signal(syscall.SIGCONT))
	openGate(t, gate)
	require.NoError(t, <-ended)
	require.Equal(t, want, out.String())
}

// Pings are answered, so that a run may be silent for longer than a connection.
func TestFollowWaitsForARunThatIsSilent(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t, "--ping-interval=1h"), t.TempDir()+"/gate"
	id := s.detached(t, script("echo one; until [ -e '"+gate+"' ]; do sleep 0.02; done; echo two"))
	var out, errs logtest.Buffer
	f := testFollower(t, s, id, &out, &errs)
	f.silence = 2 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	time.AfterFunc(2*f.silence, func() { _ = os.WriteFile(gate, nil, 0o600) })
	require.NoError(t, f.follow(ctx))
	require.Equal(t, "one\ntwo\n", out.String())
	require.Empty(t, errs.String())
}

func TestCtrlCLeavesAFollowedRunAlone(t *testing.T) {
	t.Parallel()
	s, gate := startServer(t), t.TempDir()+"/gate"
	prompt, out, _ := numbered(200, gate)
	id := s.detached(t, prompt)
	p := s.startRun(t, "--follow", id)
	p.awaitOut(t, "line 100\n")
	p.signal(t, syscall.SIGINT)
	e := p.end(t)
	require.Equal(t, 130, e.code)
	require.Contains(t, e.errs, "spool run --abort "+id+" --url "+s.url)
	require.NotContains(t, e.errs, "connecting again")
	openGate(t, gate)
	require.Equal(t, out, s.spoolRun(t, "", "--follow", id).out, "it went on")
}

// A full pipe must not hold up who wants to leave.
func TestASecondCtrlCEndsAClientThatNobodyReads(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.detached(t, script("yes 0123456789 | head -c 4000000"))
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	defer reader.Close()
	p := s.startRunWith(t, func(c *exec.Cmd) { c.Stdout = writer }, "--follow", id)
	require.NoError(t, writer.Close())
	require.NoError(t, reader.SetReadDeadline(time.Now().Add(patience)))
	_, err = reader.Read(make([]byte, 1)) // it prints, and its pipe fills up
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_ = p.Process.Signal(syscall.SIGINT)
		select {
		case <-p.exited:
			return true
		default:
			return false
		}
	}, patience, 50*time.Millisecond)
}

// An error of what is printed to is no lost connection.
func TestFollowEndsWhenNobodyTakesItsOutput(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	id := s.detached(t, script("yes | head -n 1000"))
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	e := s.startRunWith(t, func(c *exec.Cmd) { c.Stdout = full }, "--follow", id).end(t)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, "no space left")
	require.NotContains(t, e.errs, "connecting again")
}

// What a drained server says on the way out is the run's end, not a reason to come back.
func TestFollowOfARunThatEndsWithItsServer(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--drain-grace=200ms", "--stop-grace=100ms")
	p := s.startRun(t, "--follow", s.detached(t, script("echo one; sleep 600")))
	p.awaitOut(t, "one\n")
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	e := p.end(t)
	require.Equal(t, 1, e.code)
	require.Contains(t, e.errs, string(schema.Draining))
	require.NotContains(t, e.errs, "connecting again")
}

func TestAProtocolFaultIsNoLostConnection(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{"t":"line","n":2,"line":"x"}`, `{"t":"line","n":0,"line":"x"}`, `{"t":"line","n":1,"line":"x`, `{"t":"line","n":1,"line":"\x"}`,
		`{"t":"line","n":1,"line":"\u12"}`, `{"t":"line","n":1}`, `{"t":"line","n":99999999999999999999,"line":"x"}`, `{"t":`, `no`, ``,
	} {
		p := newPrinter(streams{out: &bytes.Buffer{}, errors: &bytes.Buffer{}}, false, 0)
		p.in.Reset(strings.NewReader(text))
		_, err := p.show(p.in)
		require.ErrorAs(t, err, new(*exitError), text)
	}
}
