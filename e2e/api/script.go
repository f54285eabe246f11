package api

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Greeting is the answer to a prompt that holds no directive.
const Greeting = "Hello from the stand-in API."

// ToolDone is the answer to the result of a tool.
const ToolDone = "The tool has answered."

// script is what one answer does.
type script struct {
	status int           // an HTTP error instead of an answer, or 0
	parts  []string      // the text, delta by delta
	pace   time.Duration // the pause after each part
	hold   int           // stop after so many parts until Release, or 0
	cut    bool          // break the stream after the first part
	bash   string        // a command for the Bash tool instead of a text
	task   bool          // run that command as a background task
}

var directive = regexp.MustCompile(`(?s)\[\[(\w+)(?: (.*?))?\]\]`)

// scriptFor reads the directive in the last user message. The result of a tool ends
// the turn: the directive that asked for the tool stands in an earlier message.
func scriptFor(req Request) script {
	user := req.User()
	if user.has("tool_result") {
		return script{parts: []string{ToolDone}}
	}
	found := directive.FindStringSubmatch(user.Text())
	if found == nil {
		return script{parts: []string{Greeting}}
	}
	return perform(found[1], found[2])
}

func perform(word, args string) script {
	first, rest, _ := strings.Cut(args, " ")
	n, _ := strconv.Atoi(first)
	switch word {
	case "words":
		pace, _ := time.ParseDuration(rest)
		return script{parts: words(n), pace: pace}
	case "bytes":
		return script{parts: chunks(n)}
	case "halves":
		pace, _ := time.ParseDuration(rest)
		parts := chunks(n)
		return script{parts: parts, pace: pace, hold: len(parts) / 2}
	case "hold":
		return script{parts: []string{"held ", "released"}, hold: 1}
	case "cut":
		return script{parts: []string{"broken ", "mended"}, cut: true}
	case "status":
		return script{status: n}
	case "bash", "background":
		return script{bash: args, task: word == "background"}
	default:
		return script{status: http.StatusBadRequest}
	}
}

// words are "1 2 3 …": a lost or doubled delta shows.
func words(n int) []string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strconv.Itoa(i+1) + " "
	}
	return parts
}

// chunk is the size of one delta of a long answer: many of them, as the real API
// sends, without the test taking seconds.
const chunk = 4096

// chunks are n bytes of numbered lines, cut into deltas.
func chunks(n int) []string {
	text := LongText(n)
	var parts []string
	for len(text) > chunk {
		parts, text = append(parts, text[:chunk]), text[chunk:]
	}
	return append(parts, text)
}

// LongText is the answer to `[[bytes n]]` and `[[halves n 1ms]]`: n bytes, no two lines of it alike.
func LongText(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		b.WriteString(strconv.Itoa(i) + " the quick brown fox jumps over the lazy dog\n")
	}
	return b.String()[:n]
}
