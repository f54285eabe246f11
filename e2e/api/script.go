package api

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Greeting is the answer to a prompt that holds no directive, and the text behind a thought.
const Greeting = "Hello from the stand-in API."

// ToolDone is the answer to the result of a tool.
const ToolDone = "The tool has answered."

// script is what one answer does.
type script struct {
	status int           // an HTTP error instead of an answer, or 0
	once   bool          // the first time only
	blocks []block       // the answer, block by block
	pace   time.Duration // the pause after each part of a text
	hold   int           // stop after so many parts until Release, or 0
	cut    bool          // break the stream after the first part
	input  int           // the tokens that were read
	output int           // the tokens that were written, or 0 for one each part
}

var directive = regexp.MustCompile(`(?s)\[\[(\w+)(?: (.*?))?\]\]`)

// scriptFor reads the directives in what is new in the last user message. The result of a tool ends
// the turn: the directive that asked for the tool stands in an earlier message.
func scriptFor(req Request) script {
	user := req.User()
	answered, words := user.latest()
	s := script{input: InputTokens}
	found := directive.FindAllStringSubmatch(words, -1)
	for _, one := range found {
		s.perform(one[1], one[2])
	}
	switch {
	case answered && len(found) == 0:
		s.say(ToolDone)
	case s.once || !s.ends():
		s.say(Greeting)
	}
	return s
}

// perform adds what one directive says.
func (s *script) perform(word, args string) {
	first, rest, _ := strings.Cut(args, " ")
	n, _ := strconv.Atoi(first)
	switch word {
	case "words":
		s.pace, _ = time.ParseDuration(rest)
		s.say(words(n)...)
	case "bytes":
		s.say(chunks(n)...)
	case "halves":
		s.pace, _ = time.ParseDuration(rest)
		s.say(chunks(n)...)
		s.hold = len(chunks(n)) / 2
	case "hold":
		s.say("held ", "released")
		s.hold = 1
	case "cut":
		s.say("broken ", "mended")
		s.cut = true
	case "status", "fail":
		s.status, s.once = n, word == "fail"
	case "think":
		s.blocks = append(s.blocks, block{kind: "thinking", parts: strings.SplitAfter(args, " ")})
	case "usage":
		s.input = n
		s.output, _ = strconv.Atoi(rest)
	case "bash", "background":
		s.blocks = append(s.blocks, bash(args, word == "background"))
	case "read":
		s.blocks = append(s.blocks, block{kind: "tool_use", tool: "Read", input: object{"file_path": args}})
	default:
		s.status = http.StatusBadRequest
	}
}

func (s *script) say(parts ...string) {
	s.blocks = append(s.blocks, block{kind: "text", parts: parts})
}

// ends says whether the answer is one that the CLI takes: a thought alone is none.
func (s *script) ends() bool {
	return s.status != 0 || len(s.blocks) > 0 && s.blocks[len(s.blocks)-1].kind != "thinking"
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
