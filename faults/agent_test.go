package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// agentName is the name under which this test binary is an agent.
const agentName = "agent"

// agentMain is an agent that is told in its prompt what to print: "LINES PAUSE WORD" is so
// many numbered lines with a pause after each, and a result. With "say" before them it is a
// turn of a conversation. It leaves its process id in the directory CLAUDE_STARTS, in a file
// named by the word, for each turn.
func agentMain() {
	a := newTalker()
	for {
		prompt, more := a.prompt()
		if !more {
			syscall.Exit(0) // nobody can say anything any more; os.Exit waits a second under the race detector
		}
		a.turn(prompt)
	}
}

// task is what a prompt asks for.
type task struct {
	count int
	pause time.Duration
	word  string
	asks  bool // for an approval, in the middle
}

// turn does what the last line of a prompt says: before it stands what was said before, if
// the agent is told that.
func (a *talker) turn(prompt string) {
	command := prompt[strings.LastIndex(prompt, "\n")+1:]
	command, says := strings.CutPrefix(command, "say ")
	var t task
	var pause, ask string
	n, _ := fmt.Sscan(command, &t.count, &pause, &t.word, &ask)
	if n < 3 {
		fmt.Fprintf(os.Stderr, "the agent does not understand %q\n", prompt)
		syscall.Exit(1)
	}
	t.pause, _ = time.ParseDuration(pause)
	t.asks = ask == "ask"
	leaveTrace(t.word)
	if says {
		a.say(t)
		return
	}
	fmt.Println(`{"type":"system","subtype":"init","session_id":"0dcc8b45-c1bf-465e-ad3d-a913e0ca14c1"}`)
	for i := 2; i < t.count; i++ {
		fmt.Println(lineOf(t.word, i))
		time.Sleep(t.pause) //nolint:forbidigo // this is the agent's pace, nobody waits for anything
	}
	fmt.Println(resultLine)
}

const resultLine = `{"type":"result","subtype":"success","is_error":false,"result":"done"}`

// lineOf is line number i of a run with that word.
func lineOf(word string, i int) string {
	return fmt.Sprintf(`{"type":"line","of":%q,"number":%d,"filler":%q}`, word, i, strings.Repeat("x", i%97))
}

func leaveTrace(word string) {
	file, err := os.OpenFile(os.Getenv("CLAUDE_STARTS")+"/"+word, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		syscall.Exit(1)
	}
	defer file.Close()
	fmt.Fprintln(file, os.Getpid())
}

// traces is how often the agent was given a prompt with that word.
func (w *world) traces(word string) int {
	text, _ := os.ReadFile(filepath.Join(w.starts, word))
	return bytes.Count(text, []byte("\n"))
}

// input is a line of the agent's stdin.
type input struct {
	Type      string
	Message   struct{ Content []struct{ Text string } }
	RequestID string `json:"request_id"`
	Request   struct{ Subtype string }
	Response  struct {
		RequestID string          `json:"request_id"`
		Response  json.RawMessage // of whom was asked for an approval
	}
}

// readInputs reads stdin to its end.
func readInputs() <-chan input {
	inputs := make(chan input)
	go func() {
		defer close(inputs)
		for lines := bufio.NewReader(os.Stdin); ; {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			var in input
			if json.Unmarshal(line, &in) == nil {
				inputs <- in
			}
		}
	}()
	return inputs
}
