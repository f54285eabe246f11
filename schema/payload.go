package schema

import (
	"regexp"
	"unicode"

	"github.com/invopop/validation"
)

// Payload is what a client sends on /ws/claude: one prompt and how to run it.
type Payload struct {
	// Prompt is 1 to [MaxPromptBytes] bytes of UTF-8, not blank, without NUL. It is kept
	// byte for byte, its surrounding spaces included.
	Prompt string
	// Meta names the work, for example a task id: 1 to [MaxMetaLength] of A-Z 0-9 _ -.
	Meta string
	Options
}

// Options are how a run is to be run, besides its prompt.
type Options struct {
	// Partial asks for the answer token by token, besides the whole messages.
	Partial bool `json:"partial,omitzero"`
	// Detach lets the run go on when nobody looks at it.
	Detach bool `json:"detach,omitzero"`
	// TimeoutSeconds shortens the run's wall clock; 0 means the server's own.
	TimeoutSeconds int `json:"timeoutSeconds,omitzero"`
	// Model is passed to the agent, if the server allows it; empty means the server's own.
	Model string `json:"model,omitempty"`
	// Resume is the id of an earlier run, whose session is continued.
	Resume string `json:"resume,omitempty"`
}

var (
	metaPattern  = regexp.MustCompile(`^[A-Z0-9_\-]+$`)
	modelPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/@\[\]\-]{0,127}$`)
)

// Validate checks the bounds of every field and returns the first failure as an [*Error].
// The receiver is a value because the library skips pointer receivers without a word.
func (p Payload) Validate() error {
	if err := check(InvalidPrompt, p.Prompt,
		validation.Required.Error("prompt must not be empty"),
		validation.Length(1, MaxPromptBytes).Error("prompt must be at most 8192 bytes of UTF-8"),
		validation.By(withText("prompt")), validation.By(withoutNUL("prompt"))); err != nil {
		return err
	}
	if err := check(InvalidMeta, p.Meta,
		validation.Required.Error("meta must not be empty: give a task id such as TASK-123"),
		validation.Length(1, MaxMetaLength).Error("meta must be at most 64 characters"),
		validation.Match(metaPattern).Error("meta may hold only A-Z, 0-9, _ and -")); err != nil {
		return err
	}
	if err := check(InvalidOption, p.Model,
		validation.Match(modelPattern).Error("model must be a model's name, such as sonnet")); err != nil {
		return err
	}
	return check(InvalidOption, p.Resume, validation.Match(RunID).Error("resume must be the id of an earlier run"))
}

// check runs the rules on one value and gives a failure its code.
func check(code Code, value string, rules ...validation.Rule) error {
	if err := validation.Validate(value, rules...); err != nil {
		return NewError(code, err.Error())
	}
	return nil
}

// isBlank also counts the byte order mark, which JavaScript's trim takes away: the CLI
// drops a prompt that holds nothing else.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }
