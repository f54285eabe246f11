package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
)

// talker is the agent as a partner in a conversation: it keeps a session, may be broken off,
// and asks for approvals.
type talker struct {
	inputs  <-chan input
	session string
	turns   int // that it has taken
}

func newTalker() *talker {
	a := &talker{inputs: readInputs(), session: uuid.NewString()}
	fork := false
	for _, arg := range os.Args {
		if session, ok := strings.CutPrefix(arg, "--resume="); ok {
			a.session = session
		}
		fork = fork || arg == "--fork-session"
	}
	if fork {
		a.session = uuid.NewString()
	}
	return a
}

// keep leaves the session where its like is looked for.
func (a *talker) keep() {
	dir := filepath.Join(os.Getenv("HOME"), ".claude", "projects", "faults")
	_ = os.MkdirAll(dir, 0o700)
	_ = os.WriteFile(filepath.Join(dir, a.session+".jsonl"), nil, 0o600)
}

// prompt waits for the next one.
func (a *talker) prompt() (string, bool) {
	for in := range a.inputs {
		switch {
		case in.Type == "control_request":
			a.done(in)
		case in.Type == "user" && len(in.Message.Content) > 0:
			return in.Message.Content[0].Text, true
		}
	}
	return "", false
}

// done answers a request of the server's.
func (a *talker) done(in input) {
	fmt.Printf(`{"type":"control_response","response":{"subtype":"success","request_id":%q}}`+"\n", in.RequestID)
}

// say is a turn.
func (a *talker) say(t task) {
	a.keep()
	a.turns++
	fmt.Printf(`{"type":"system","subtype":"init","session_id":%q}`+"\n", a.session)
	for i := 2; i < t.count; i++ {
		if t.asks && i == t.count/2 && !a.ask(t) || a.interrupted(t.pause) {
			a.result("error_during_execution", true)
			return
		}
		fmt.Println(spoken(t.word, i))
	}
	a.result("success", false)
}

func (a *talker) result(subtype string, broken bool) {
	reason := "completed"
	if broken {
		reason = "aborted_streaming"
	}
	fmt.Printf(`{"type":"result","subtype":%q,"is_error":%t,"terminal_reason":%q,"result":"done","num_turns":1,"usage":{"input_tokens":1,"output_tokens":1},"total_cost_usd":%.3f}`+"\n",
		subtype, broken, reason, float64(a.turns)/1000)
}

// interrupted waits, and reports whether the turn is broken off meanwhile.
func (a *talker) interrupted(pause time.Duration) bool {
	timer, inputs := time.After(pause), a.inputs
	for {
		select {
		case <-timer:
			return false
		case in, open := <-inputs:
			if !open {
				inputs = nil // the turn goes on
			}
			if in.Type == "control_request" {
				a.done(in)
				if in.Request.Subtype == "interrupt" {
					return true
				}
			}
		}
	}
}

// ask asks for an approval, and says what came of it. It reports false if the turn is broken off.
func (a *talker) ask(t task) bool {
	fmt.Printf(`{"type":"control_request","request_id":%q,"request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":%q},"tool_use_id":"tool"}}`+"\n", "ask-"+t.word, t.word)
	for in := range a.inputs {
		switch {
		case in.Type == "control_response" && in.Response.RequestID == "ask-"+t.word:
			fmt.Println(toolResult(string(in.Response.Response)))
			return true
		case in.Type == "control_request" && in.Request.Subtype == "interrupt":
			fmt.Printf(`{"type":"control_cancel_request","request_id":%q}`+"\n", "ask-"+t.word)
			a.done(in)
			return false
		}
	}
	fmt.Println(toolResult("nobody answers"))
	return true
}

// spoken is line i of a turn with that word. Some lines are two frames, some are no message.
func spoken(word string, i int) string {
	text, _ := json.Marshal(textOf(word, i))
	switch i % 10 {
	case 5:
		return fmt.Sprintf(`{"type":"assistant","message":{"role":"assistant","model":"m","content":[{"type":"text","text":%s},{"type":"tool_use","id":"t%d","name":"Bash","input":{"command":%s}}]},"uuid":%q}`, text, i, text, uuid.NewString())
	case 6:
		return toolResult(string(text))
	case 7:
		return fmt.Sprintf(`{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%s}}}`, text)
	default:
		return fmt.Sprintf(`{"type":"assistant","message":{"role":"assistant","model":"m","content":[{"type":"text","text":%s}]},"uuid":%q}`, text, uuid.NewString())
	}
}

func toolResult(text string) string {
	quoted, _ := json.Marshal(text)
	return fmt.Sprintf(`{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"tool","content":%s,"is_error":false}]}}`, quoted)
}

// textOf is what line i says: with quotes and more than ASCII, and of many lengths.
func textOf(word string, i int) string {
	return fmt.Sprintf("%s %d \"é€🙂\"\n%s", word, i, strings.Repeat("x", i%97))
}

// answerOf is what a turn with that word answers, if it is not broken off.
func answerOf(word string, count int) string {
	var texts []string
	for i := 2; i < count; i++ {
		if i%10 != 6 && i%10 != 7 {
			texts = append(texts, textOf(word, i))
		}
	}
	return strings.Join(texts, "\n\n")
}

// framesOf is how many frames the lines of such a turn give, without the first and the last one.
func framesOf(count int) (frames int) {
	for i := 2; i < count; i++ {
		frames++
		if i%10 == 5 {
			frames++
		}
	}
	return frames
}
