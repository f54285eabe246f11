package agent

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestScriptedWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		prompt, says, stderr string
		exit                 int
		least                time.Duration // of the bubble's time
	}{
		{prompt: "How are you?", says: "You wrote:\n\nHow are you?\n"},
		{prompt: "", says: "You wrote:"},
		{prompt: "tool", says: "executes nothing"},
		{prompt: "TOOL, please", says: "executes nothing"},
		{prompt: "toolbox", says: "You wrote:\n\ntoolbox"},
		{prompt: "long", says: "have a good day.", least: 5 * time.Second},
		{prompt: "slow", says: "good things to try.", least: 15 * time.Second},
		{prompt: "markdown", says: "<b>hello</b> from the stand-in & its code block"},
		{prompt: "error", says: "API Error: 400", exit: exitError},
		{prompt: "approve touch x", says: `Not allowed: Bash with {"command":"touch x"`},
		{prompt: "approve2", says: `Not allowed: Read with {"file_path":"/outside/two"}`},
		{prompt: "history", says: "Earlier turns that it knows: 0"},
		{prompt: "stderr", says: "all is well", stderr: "warning: "},
	} {
		t.Run(tt.prompt, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				p, exit := ask(t, tt.prompt)
				require.Equal(t, tt.exit, exit)
				require.GreaterOrEqual(t, time.Since(began), tt.least)
				result := p.result()
				require.Contains(t, result["result"], tt.says)
				require.Contains(t, result["result"], "stand-in")
				require.Equal(t, tt.exit != exitOK, result["is_error"])
				require.Contains(t, p.stderr.text(), tt.stderr)
				if tt.stderr == "" {
					require.Empty(t, p.stderr.text())
				}
			})
		})
	}
}

func TestEveryWriteIsOneLineAndTellsThatItIsAStandIn(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"hello", "tool", "long", "markdown", "error", "crash"} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := ask(t, word, "--include-partial-messages")
			for _, write := range p.stdout.lines() {
				require.Equal(t, 1, strings.Count(write, "\n"), write)
				require.True(t, strings.HasSuffix(write, "\n"), write)
				l := parseLine(t, write)
				if l.shape() == "system/init" {
					require.Equal(t, model, l["model"])
					require.Equal(t, Version, l["claude_code_version"])
				}
			}
			require.Contains(t, p.stdout.text(), "stand-in")
		})
	}
	require.Contains(t, Version, "stand-in")
	require.Contains(t, model, "stand-in")
}

func TestCrashLeavesNoResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, exit := ask(t, "crash")
		require.Equal(t, exitCrashed, exit)
		require.Equal(t, []string{"system/init", "assistant"}, p.shapes())
		require.Contains(t, p.stderr.text(), "exit status 3")
	})
}

func TestPartialMessagesAddUpToTheAnswer(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"hello there", "long", "slow", "markdown"} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := ask(t, word, "--include-partial-messages")
			var streamed, assembled strings.Builder
			for _, text := range p.stdout.lines() {
				l := parseLine(t, text)
				if delta := object(object(l["event"])["delta"]); delta["type"] == "text_delta" {
					streamed.WriteString(delta["text"].(string))
				}
				if l["type"] == "assistant" {
					block := object(object(l["message"])["content"].([]any)[0])
					assembled.WriteString(block["text"].(string))
				}
			}
			require.Equal(t, p.result()["result"], streamed.String())
			require.Equal(t, p.result()["result"], assembled.String())
		})
	}
}

func TestSlowIsSeenAsItComesWithoutPartialMessagesToo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.prompt("slow")
		pass(thinking + 10*slowPace + slowPace/2)
		require.Len(t, p.stdout.lines(), 1+10, "system/init and one line for each word so far")
		require.Equal(t, exitOK, p.end())
	})
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--version"}, {"-v"}, {"-p", "--verbose", "--version"}} {
		var stdout, stderr bytes.Buffer
		require.Equal(t, exitOK, Main(args, strings.NewReader(""), &stdout, &stderr))
		require.Equal(t, Version+"\n", stdout.String())
		require.Empty(t, stderr.String())
	}
}

func TestWordsAreListedAndMeantForReaders(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, word := range Words() {
		require.NotEmpty(t, word.What)
		require.Equal(t, strings.ToLower(word.Word), word.Word)
		require.False(t, seen[word.Word], "listed twice: %s", word.Word)
		seen[word.Word] = true
	}
	for _, word := range []string{"tool", "long", "slow", "error", "crash", "stderr", "markdown", "hang", "silent", "approve", "approve2", "history"} {
		require.True(t, seen[word], "not listed: %s", word)
	}
	Words()[0].Word = "changed"
	require.NotEqual(t, "changed", Words()[0].Word, "the list is the caller's own")
}
