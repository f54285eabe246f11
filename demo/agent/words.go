package agent

import (
	"slices"
	"strings"
)

// Word is a scripted word: the prompt's first word, and what it makes the
// stand-in do.
type Word struct {
	Word string `json:"word"`
	What string `json:"what"`
}

// script is a whole turn, from system/init to result.
type script struct {
	Word
	play func(*turn) error
}

var scripts = []script{
	{Word{"tool", "a Bash tool call with its result (nothing is executed)"}, playTool},
	{Word{"long", "a long answer in several paragraphs"}, playLong},
	{Word{"slow", "one word every half second, for about 20 seconds"}, playSlow},
	{Word{"approve", "a command that waits for an approval (nothing is executed)"}, playApprove},
	{Word{"approve2", "two files to read, both waiting for an approval"}, playApprove2},
	{Word{"history", "what you have said before in this session"}, playHistory},
	{Word{"markdown", "an answer with headings, a list and a code block"}, playMarkdown},
	{Word{"error", "an API error: the run fails with API_ERROR"}, playError},
	{Word{"crash", "a crash in the middle: exit status 3, no result"}, playCrash},
	{Word{"stderr", "warnings on stderr, then a normal answer"}, playStderr},
	{Word{"hang", "an answer, and then the process does not exit by itself"}, playHang},
	{Word{"silent", "no output at all, until it is cancelled or times out"}, playSilent},
}

// Words lists the scripted words in the order in which a page should show
// them. The caller owns the slice.
func Words() []Word {
	list := make([]Word, len(scripts))
	for i, s := range scripts {
		list[i] = s.Word
	}
	return list
}

// scriptFor picks the script of the prompt's first word; case and punctuation
// around the word do not matter.
func scriptFor(prompt string) func(*turn) error {
	fields := strings.Fields(prompt)
	if len(fields) == 0 {
		return playQuote
	}
	first := strings.ToLower(strings.Trim(fields[0], ".,:;!?\"'`"))
	i := slices.IndexFunc(scripts, func(s script) bool { return s.Word.Word == first })
	if i < 0 {
		return playQuote
	}
	return scripts[i].play
}
