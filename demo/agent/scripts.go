package agent

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// How long one word of an answer takes.
const (
	normalPace = 20 * time.Millisecond
	slowPace   = 500 * time.Millisecond
)

// hangLimit is how long a hanging process outlives its stdin: longer than any
// grace that one waits for, but not for ever, should its server be gone.
const hangLimit = 10 * time.Minute

// maxQuote bounds the part of a prompt that is quoted back, in runes.
const maxQuote = 1000

// playQuote is the answer to every prompt that is no scripted word.
func playQuote(t *turn) error {
	return t.answer(normalPace, fmt.Sprintf(quoteText, quote(t.prompt), wordList()))
}

// playTool shows a tool call as a client sees it. Nothing is executed.
func playTool(t *turn) error {
	if err := t.open(); err != nil {
		return err
	}
	call := newCall("Bash", map[string]string{"command": "echo hello from a tool", "description": "Say hello"})
	call.answer = &answer{input: call.input()} // the CLI does not ask for what is harmless
	if err := t.use(call); err != nil {
		return err
	}
	if err := t.pause(thinking); err != nil {
		return err
	}
	if err := t.printUser([]any{toolResult{ToolUseID: call.ID, Type: "tool_result", Content: toolText}}, toolOutput(toolText)); err != nil {
		return err
	}
	if err := t.say(normalPace, afterToolText); err != nil {
		return err
	}
	return t.succeed()
}

// toolOutput is the CLI's own record of what a Bash call printed.
func toolOutput(stdout string) map[string]any {
	return map[string]any{"stdout": stdout, "stderr": "", "interrupted": false, "isImage": false, "noOutputExpected": false}
}

func playLong(t *turn) error {
	return t.answer(normalPace, longText...)
}

// playSlow says one word at a time. A client without partial messages would
// see nothing for 20 seconds, so for it each word is a block of its own.
func playSlow(t *turn) error {
	blocks := []string{slowText}
	if !t.opts.partial {
		blocks = words(slowText)
	}
	return t.answer(slowPace, blocks...)
}

func playMarkdown(t *turn) error {
	return t.answer(normalPace, markdownText)
}

// playError ends as a request that the API refuses. Its assistant line is the
// CLI's own: a synthetic message, without stream events.
func playError(t *turn) error {
	if err := t.open(); err != nil {
		return err
	}
	if err := t.pause(thinking); err != nil {
		return err
	}
	t.messages++
	refused := message{
		Content: []any{textBlock{Text: errorText, Type: "text"}}, ID: uuid.NewString(), Model: "<synthetic>",
		Role: "assistant", StopReason: text("stop_sequence"), StopSequence: text(""), Type: "message",
		Usage: map[string]int{"input_tokens": 0, "output_tokens": 0},
	}
	if err := t.printMessage(messageLine{Type: "assistant", Message: refused, Error: "unknown"}); err != nil {
		return err
	}
	return t.fail(http.StatusBadRequest, errorText)
}

func playCrash(t *turn) error {
	if err := t.open(); err != nil {
		return err
	}
	if err := t.say(normalPace, crashText); err != nil {
		return err
	}
	return errors.Join(t.warn(crashStderr), errCrash)
}

func playStderr(t *turn) error {
	if err := t.warn(stderrText...); err != nil {
		return err
	}
	return t.answer(normalPace, afterStderrText)
}

// playHang stays after its result: an interrupt finds no turn to end, and the
// end of stdin only starts the clock of hangLimit.
func playHang(t *turn) error {
	if err := t.answer(normalPace, hangText); err != nil {
		return err
	}
	for t.inputs != nil {
		if err := t.idle(); err != nil {
			return err
		}
	}
	return t.pause(hangLimit)
}

// playSilent says nothing until it is interrupted. The end of stdin before a
// result means that nobody is left who could do that.
func playSilent(t *turn) error {
	for t.inputs != nil {
		if err := t.receive(); err != nil {
			return err
		}
	}
	return errAlone
}

// warn writes lines to stderr.
func (t *turn) warn(lines ...string) error {
	for _, line := range lines {
		if _, err := fmt.Fprintf(t.stderr, "[%s] %s\n", Name, line); err != nil {
			return fmt.Errorf("write stderr: %w", err)
		}
	}
	return nil
}

// quote is the prompt as the answer repeats it: whole, or its first runes.
func quote(prompt string) string {
	runes := []rune(strings.TrimSpace(prompt))
	if len(runes) <= maxQuote {
		return string(runes)
	}
	return string(runes[:maxQuote]) + "…"
}

func wordList() string {
	names := make([]string, len(scripts))
	for i, word := range Words() {
		names[i] = word.Word
	}
	return strings.Join(names, ", ")
}
