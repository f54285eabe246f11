package agent

import (
	"encoding/json"
	"fmt"
	"strings"
)

// playApprove asks for one command: the words behind the first, or one of ours.
func playApprove(t *turn) error {
	command := t.rest()
	if command == "" {
		command = "touch file"
	}
	return t.ask(newCall("Bash", map[string]string{"command": command, "description": "Run what was asked for"}))
}

// playApprove2 asks for two files at once: the CLI, too, asks one after the
// other for commands, but for all files together.
func playApprove2(t *turn) error {
	paths := append(strings.Fields(t.rest()), "/outside/one", "/outside/two")[:2]
	var calls []*call
	for _, path := range paths {
		calls = append(calls, newCall("Read", map[string]string{"file_path": path}))
	}
	return t.ask(calls...)
}

// ask is a whole turn about calls that need an approval.
func (t *turn) ask(calls ...*call) error {
	if err := t.open(); err != nil {
		return err
	}
	if err := t.use(calls...); err != nil {
		return err
	}
	if err := t.settle(calls); err != nil {
		return err
	}
	t.pending = nil
	said := []string{askedText}
	for _, c := range calls {
		said = append(said, c.outcome())
	}
	if err := t.say(normalPace, strings.Join(said, "\n\n")); err != nil {
		return err
	}
	return t.succeed()
}

// settle waits for the answers, and prints what comes of each as it comes.
func (t *turn) settle(calls []*call) error {
	for {
		waiting := false
		for _, c := range calls {
			if err := t.conclude(c); err != nil {
				return err
			}
			waiting = waiting || !c.settled
		}
		if !waiting {
			return nil
		}
		if err := t.receive(); err != nil {
			return err
		}
	}
}

// conclude prints the result of a call that has its answer. One whose client
// has gone never gets another.
func (t *turn) conclude(c *call) error {
	if c.answer == nil && t.inputs == nil {
		c.answer = &answer{problem: failedText + "Tool permission stream closed before response received"}
	}
	if c.answer == nil || c.settled {
		return nil
	}
	c.settled = true
	if c.answer.input == nil {
		return t.deny(c, c.answer.problem, "Error: "+c.answer.problem)
	}
	content := c.outcome()
	return t.printUser([]any{toolResult{ToolUseID: c.ID, Type: "tool_result", Content: content}}, toolOutput(content))
}

// deny prints the result of a call that may not be made.
func (t *turn) deny(c *call, problem, result string) error {
	t.denials = append(t.denials, denial{ToolName: c.Name, ToolUseID: c.ID, ToolInput: c.Input})
	return t.printUser([]any{toolResult{ToolUseID: c.ID, Type: "tool_result", Content: problem, IsError: true}}, result)
}

// reject ends the calls of an interrupted turn that nobody has answered.
func (t *turn) reject() (found bool, err error) {
	for _, c := range t.pending {
		if c.settled {
			continue
		}
		found = true
		if err := t.deny(c, rejectedText, "User rejected tool use"); err != nil {
			return found, err
		}
	}
	t.pending = nil
	return found, nil
}

// outcome says what has become of a call.
func (c *call) outcome() string {
	if c.answer.input == nil {
		return fmt.Sprintf("Not allowed: %s with %s. The reason: %s", c.Name, c.toolUse.input(), c.answer.problem)
	}
	return fmt.Sprintf("Allowed: the real agent would now have used %s with %s.", c.Name, c.answer.input)
}

func (u toolUse) input() []byte {
	input, _ := json.Marshal(u.Input) // a map of texts is always JSON
	return input
}
