package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
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
