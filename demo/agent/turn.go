package agent

import (
	"errors"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
)

// thinking is how long the stand-in takes before it says something.
const thinking = 150 * time.Millisecond

// turn is one prompt and its answer.
type turn struct {
	*session
	prompt   string
	started  time.Time
	said     strings.Builder // the answer so far: the result's text
	read     int             // words of the prompt
	written  int             // words of the answer
	messages int             // assistant messages so far
}

// play answers one prompt with its script. An interrupt ends the turn, not
// the session.
func (s *session) play(prompt string) error {
	t := &turn{session: s, prompt: prompt, started: time.Now(), read: len(strings.Fields(prompt))}
	err := scriptFor(prompt)(t)
	if !errors.Is(err, errInterrupted) {
		return err
	}
	if err := t.printUser([]any{textBlock{Text: "[Request interrupted by user]", Type: "text"}}, nil); err != nil {
		return err
	}
	return t.interrupted()
}

// open prints what every turn starts with.
func (t *turn) open() error {
	cwd, _ := os.Getwd() // without one, the line says ""
	return t.print(initLine{
		Type: "system", Subtype: "init", Cwd: cwd, SessionID: t.id,
		Tools: []string{"Bash"}, MCPServers: []string{}, Model: model,
		PermissionMode: t.opts.permissionMode, SlashCommands: []string{},
		APIKeySource: "none", Version: Version, OutputStyle: "default",
		Agents: []string{}, Skills: []string{}, Plugins: []string{}, UUID: uuid.NewString(),
	})
}

// answer is a whole turn that says the blocks, each word taking perWord.
func (t *turn) answer(perWord time.Duration, blocks ...string) error {
	if err := t.open(); err != nil {
		return err
	}
	if err := t.say(perWord, blocks...); err != nil {
		return err
	}
	return t.succeed()
}

func (t *turn) printUser(content []any, toolUseResult any) error {
	return t.print(messageLine{
		Type:      "user",
		Message:   map[string]any{"role": "user", "content": content},
		SessionID: t.id, UUID: uuid.NewString(),
		Timestamp:     time.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		ToolUseResult: toolUseResult,
	})
}
