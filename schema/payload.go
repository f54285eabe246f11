package schema

import (
	"errors"
	"regexp"
	"strings"
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
	// Partial asks for the answer token by token, besides the whole messages.
	Partial bool
	// TimeoutSeconds shortens the run's wall clock; 0 means the server's own.
	TimeoutSeconds int
}

var metaPattern = regexp.MustCompile(`^[A-Z0-9_\-]+$`)

// Validate checks the bounds of every field and returns the first failure as an [*Error].
// The receiver is a value because the library skips pointer receivers without a word.
func (p Payload) Validate() error {
	if err := check(InvalidPrompt, p.Prompt,
		validation.Required.Error("prompt must not be empty"),
		validation.Length(1, MaxPromptBytes).Error("prompt must be at most 8192 bytes of UTF-8"),
		validation.By(notBlank), validation.By(noNUL)); err != nil {
		return err
	}
	return check(InvalidMeta, p.Meta,
		validation.Required.Error("meta must not be empty: give a task id such as TASK-123"),
		validation.Length(1, MaxMetaLength).Error("meta must be at most 64 characters"),
		validation.Match(metaPattern).Error("meta may hold only A-Z, 0-9, _ and -"))
}

// check runs the rules on one value and gives a failure its code.
func check(code Code, value string, rules ...validation.Rule) error {
	if err := validation.Validate(value, rules...); err != nil {
		return NewError(code, err.Error())
	}
	return nil
}

func notBlank(value any) error {
	if strings.TrimFunc(value.(string), isBlank) == "" {
		return errors.New("prompt must not be blank")
	}
	return nil
}

// isBlank also counts the byte order mark, which JavaScript's trim takes away: the CLI
// drops a prompt that holds nothing else.
func isBlank(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }

func noNUL(value any) error {
	if strings.ContainsRune(value.(string), 0) {
		return errors.New("prompt must not contain a NUL character")
	}
	return nil
}
