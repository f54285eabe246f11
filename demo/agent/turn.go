package agent

import (
	"errors"
	"strings"
	"time"
	"unicode"

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
	denials  []denial        // calls that were not allowed
}

// interruption is how the CLI tells the model, and its client, that the user
// broke a turn off.
const interruption = "[Request interrupted by user"

// play answers one prompt with its script. An interrupt ends the turn, not
// the session.
func (s *session) play(prompt string) error {
	t := &turn{session: s, prompt: prompt, started: time.Now(), read: len(strings.Fields(prompt))}
	s.keep("user", uuid.NewString(), map[string]any{"role": "user", "content": prompt})
	err := scriptFor(prompt)(t)
	if errors.Is(err, errInterrupted) {
		return t.interrupted()
	}
	return err
}

// rest is the prompt without its first word.
func (t *turn) rest() string {
	words := strings.TrimSpace(t.prompt)
	if i := strings.IndexFunc(words, unicode.IsSpace); i >= 0 {
		return strings.TrimSpace(words[i:])
	}
	return ""
}

// open prints what every turn starts with.
func (t *turn) open() error {
	return t.print(initLine{
		Type: "system", Subtype: "init", Cwd: workingDir(), SessionID: t.transcript.id,
		Tools: []string{"Bash"}, MCPServers: []string{}, Model: t.model,
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
	return t.printMessage(messageLine{
		Type: "user", Message: map[string]any{"role": "user", "content": content},
		Timestamp: timestamp(), ToolUseResult: toolUseResult,
	})
}
