package faults

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

// agentName is the name under which this test binary is an agent.
const agentName = "agent"

// agentMain is an agent that is told in its prompt what to print: "LINES PAUSE WORD" is so
// many numbered lines with a pause after each, and a result. It leaves its process id in the
// directory CLAUDE_STARTS, in a file named by the word, for each start.
func agentMain() {
	prompt := readPrompt()
	if prompt == "" {
		os.Exit(0) // whoever started it has died before it could say anything
	}
	var count int
	var pause time.Duration
	var pauseText, word string
	if _, err := fmt.Sscan(prompt, &count, &pauseText, &word); err != nil {
		os.Exit(1)
	}
	pause, _ = time.ParseDuration(pauseText)
	leaveTrace(word)
	fmt.Println(`{"type":"system","subtype":"init","session_id":"0dcc8b45-c1bf-465e-ad3d-a913e0ca14c1"}`)
	for i := 2; i < count; i++ {
		fmt.Println(lineOf(word, i))
		time.Sleep(pause) //nolint:forbidigo // this is the agent's pace, nobody waits for anything
	}
	fmt.Println(resultLine)
	os.Exit(0)
}

const resultLine = `{"type":"result","subtype":"success","is_error":false,"result":"done"}`

// lineOf is line number i of a run with that word.
func lineOf(word string, i int) string {
	return fmt.Sprintf(`{"type":"line","of":%q,"number":%d,"filler":%q}`, word, i, strings.Repeat("x", i%97))
}

func leaveTrace(word string) {
	file, err := os.OpenFile(os.Getenv("CLAUDE_STARTS")+"/"+word, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		os.Exit(1)
	}
	defer file.Close()
	fmt.Fprintln(file, os.Getpid())
}

func readPrompt() string {
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err != nil {
		return ""
	}
	var user struct {
		Message struct{ Content []struct{ Text string } }
	}
	if json.Unmarshal(line, &user) != nil || len(user.Message.Content) == 0 {
		return ""
	}
	return user.Message.Content[0].Text
}
