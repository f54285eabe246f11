package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"spool/e2e"
	"spool/e2e/api"
)

var (
	cliFirst  = measure{"first line, ms", "%.0f"}
	cliAnswer = measure{"the model's message, ms", "%.0f"}
	cliClose  = measure{"close, ms", "%.0f"}
)

const (
	cliPrompt  = "[[words 20]]" // a directive of the stand-in API
	bareCLI    = "the CLI itself, cold"
	keptReady  = 15 * time.Second // until a process is ready
	cliPause   = 2 * time.Second  // before every prompt
	cliTimeout = time.Minute
)

// realCLI measures what a client with a prompt waits for from the real CLI, from before it dials.
func (r *rig) realCLI() error {
	world, err := r.openWorld()
	if err != nil {
		return err
	}
	defer world.close()
	field := append(r.those(us, peer), contestant{name: bareCLI, kind: limit})
	err = r.byTurns("cli", len(field), func(i int) error {
		if field[i].name == bareCLI {
			return r.askDirectly(world.program())
		}
		return r.askThrough(field[i], world)
	})
	fmt.Print(r.board.table(fmt.Sprintf("The real CLI, a short answer from a stand-in API, milliseconds after a client with a prompt "+
		"begins to dial; %d rounds by turns, %d prompts in each:", r.rounds, r.prompts), contestantNames(field), cliFirst, cliAnswer, cliClose))
	return err
}

// askThrough takes a server's times.
func (r *rig) askThrough(c contestant, w *world) error {
	p := w.program()
	if c.name == websocketdName {
		p = w.oneLineProgram()
	}
	s, err := c.start(p)
	if err != nil {
		return err
	}
	defer s.stop()
	for range r.prompts {
		s.awaitWarm()
		if err := r.ask(s); err != nil {
			r.board.fail(s.name, err, cliFirst, cliAnswer, cliClose)
		}
	}
	return nil
}

func (r *rig) ask(s *server) error {
	began := time.Now()
	got, err := s.prompt(cliPrompt)
	if err != nil {
		return err
	}
	if got.last.IsZero() || got.answered.IsZero() {
		return fmt.Errorf("no result came in %d lines, closed with %d", got.lines, got.code)
	}
	r.board.add(s.name, cliFirst, milliseconds(got.first.Sub(began)))
	r.board.add(s.name, cliAnswer, milliseconds(got.answered.Sub(began)))
	r.board.add(s.name, cliClose, milliseconds(got.closed.Sub(began)))
	return nil
}

// awaitWarm waits until a Spool says that a process is ready, and then as long as before the prompts to everybody else.
func (s *server) awaitWarm() {
	until := time.Now().Add(keptReady)
	for s.asks && !s.isWarm() && time.Now().Before(until) {
		time.Sleep(lookEvery)
	}
	time.Sleep(cliPause)
}

// isWarm is true of a Spool that keeps no processes.
func (s *server) isWarm() bool {
	var health struct{ Warm *struct{ Waiting int } }
	answer, err := http.Get("http://" + s.addr + "/api/health")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return json.NewDecoder(answer.Body).Decode(&health) == nil && (health.Warm == nil || health.Warm.Waiting > 0)
}

// askDirectly takes the times of the CLI in a pipe.
func (r *rig) askDirectly(p program) error {
	for range r.prompts {
		time.Sleep(cliPause)
		if err := r.askPipe(p); err != nil {
			r.board.fail(bareCLI, err, cliFirst, cliAnswer, cliClose)
		}
	}
	return nil
}

func (r *rig) askPipe(p program) error {
	began := time.Now()
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Dir = p.env, p.dir
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startWith(cmd, cliPrompt); err != nil {
		return err
	}
	timer := time.AfterFunc(cliTimeout, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	got := noteLines(stdout)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("run the CLI: %w", err)
	}
	r.board.add(bareCLI, cliFirst, milliseconds(got.first.Sub(began)))
	r.board.add(bareCLI, cliAnswer, milliseconds(got.answered.Sub(began)))
	r.board.add(bareCLI, cliClose, milliseconds(time.Since(began)))
	return nil
}

func noteLines(stdout io.Reader) (got received) {
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return got
		}
		got.note(&frame{opcode: opText, final: true, length: int64(len(line)), head: line})
	}
}

// world is what the CLI lives in.
type world struct {
	cli, home string
	api       *api.Server
}

func (r *rig) openWorld() (w *world, err error) {
	w = &world{}
	if w.cli, err = e2e.CLI(filepath.Join(r.root, "e2e")); err != nil {
		return nil, err
	}
	if w.home, err = os.MkdirTemp(r.dir, "home-"); err != nil {
		return nil, err
	}
	w.api, err = api.Start()
	return w, err
}

func (w *world) close() { _ = w.api.Close() }

// program is the CLI in a clean environment.
func (w *world) program() program {
	return program{path: w.cli, args: agentArgs, dir: w.home, warm: true, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.home, "CLAUDE_CODE_TMPDIR=" + w.home,
		"ANTHROPIC_BASE_URL=" + w.api.URL(), "ANTHROPIC_API_KEY=sk-dummy",
		"DISABLE_TELEMETRY=1", "DISABLE_ERROR_REPORTING=1", "DISABLE_AUTOUPDATER=1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS=1",
	}}
}

// oneLineProgram ends the CLI's input behind the first line, as websocketd never does: the CLI would wait for another.
func (w *world) oneLineProgram() program {
	const script = `IFS= read -r line && printf '%s\n' "$line" | "$@"`
	p := w.program()
	p.args = append([]string{"-c", script, "sh", p.path}, p.args...)
	p.path = "/bin/sh"
	return p
}
