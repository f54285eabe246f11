//go:build linux

package e2e

import (
	"bufio"
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/e2e/api"
)

// What conversations rely on of the CLI, asked of the CLI itself: no server stands between.

// talk is one CLI process.
type talk struct {
	t     *testing.T
	stdin io.WriteCloser
	cmd   *exec.Cmd
	lines chan said
}

// said is a line of its stdout, as far as these tests look at it.
type said struct {
	Type, Subtype, UUID string
	SessionID           string  `json:"session_id"`
	RequestID           string  `json:"request_id"`
	Cost                float64 `json:"total_cost_usd"`
	IsError             bool    `json:"is_error"`
	Errors              []string
	Result              string
	Message             struct {
		Content json.RawMessage
	}
	Request struct {
		ToolName    string            `json:"tool_name"`
		Input       json.RawMessage   `json:"input"`
		Suggestions []json.RawMessage `json:"permission_suggestions"`
	}
}

func (w *world) talk(flags ...string) *talk {
	w.t.Helper()
	args := append([]string{"-p", "--input-format=stream-json", "--output-format=stream-json", "--verbose", "--setting-sources=user"}, flags...)
	k := &talk{t: w.t, cmd: exec.Command(w.cli, args...), lines: make(chan said, 1000)}
	k.cmd.Dir, k.cmd.Env = w.workspace, w.environment()
	k.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	k.stdin, err = k.cmd.StdinPipe()
	require.NoError(w.t, err)
	stdout, err := k.cmd.StdoutPipe()
	require.NoError(w.t, err)
	require.NoError(w.t, k.cmd.Start())
	go k.read(stdout)
	w.t.Cleanup(k.end)
	return k
}

func (k *talk) read(stdout io.Reader) {
	defer close(k.lines)
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line said
		if json.Unmarshal(lines.Bytes(), &line) == nil {
			k.lines <- line
		}
	}
}

// end closes stdin, and waits until nothing more comes.
func (k *talk) end() {
	_ = k.stdin.Close()
	for range k.lines {
		continue
	}
	_ = k.cmd.Wait()
}

func (k *talk) write(line any) {
	k.t.Helper()
	text, err := json.Marshal(line)
	require.NoError(k.t, err)
	_, err = k.stdin.Write(append(text, '\n'))
	require.NoError(k.t, err)
}

type fields = map[string]any

func (k *talk) prompt(text string) {
	k.t.Helper()
	k.write(fields{"type": "user", "message": fields{"role": "user", "content": text}, "session_id": "default"})
}

// next is the next line of one of these types.
func (k *talk) next(types ...string) said {
	k.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, open := <-k.lines:
			require.True(k.t, open, "the CLI has ended before it said any of %v", types)
			for _, one := range types {
				if line.Type == one {
					return line
				}
			}
		case <-late:
			require.Fail(k.t, "the CLI said none of these", "%v", types)
		}
	}
}

// ask gives a prompt and returns the result, and the uuid of the last assistant line.
func (k *talk) ask(prompt string) (result said, uuid string) {
	k.t.Helper()
	k.prompt(prompt)
	for {
		line := k.next("assistant", "result")
		if line.Type == "result" {
			return line, uuid
		}
		uuid = line.UUID
	}
}

func (k *talk) answer(request said, answer fields) {
	k.t.Helper()
	k.write(fields{"type": "control_response", "response": fields{"subtype": "success", "request_id": request.RequestID, "response": answer}})
}

func (k *talk) allow(request said, changes ...any) {
	k.t.Helper()
	k.answer(request, fields{"behavior": "allow", "updatedInput": request.Request.Input, "updatedPermissions": append([]any{}, changes...)})
}

func TestCLI_ASessionIsContinuedAndBranched(t *testing.T) {
	w := newWorld(t)
	k := w.talk()
	one, at := k.ask("one")
	two, _ := k.ask("two [[usage 1000 500]]")
	k.end()
	require.Greater(t, two.Cost-one.Cost, one.Cost, "a turn's own cost is the difference")

	k = w.talk("--resume=" + one.SessionID)
	three, _ := k.ask("three")
	k.end()
	require.Equal(t, one.SessionID, three.SessionID)
	require.Less(t, three.Cost, two.Cost, "another process counts from nothing")

	k = w.talk("--resume="+one.SessionID, "--fork-session", "--resume-session-at="+at)
	branch, _ := k.ask("another two")
	require.NotEqual(t, one.SessionID, branch.SessionID)

	requests := w.api.Requests()
	require.Equal(t, []string{"user: one", "assistant: " + api.Greeting, "user: another two"}, requests[3].History())
	require.Equal(t, []string{
		"user: one", "assistant: " + api.Greeting, "user: two [[usage 1000 500]]", "assistant: " + api.Greeting, "user: three",
	}, requests[2].History())
	files, err := filepath.Glob(filepath.Join(w.home, ".claude", "projects", "*", branch.SessionID+".jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
}

func TestCLI_WhatCannotBeContinuedIsRefused(t *testing.T) {
	const unknown = "00000000-0000-4000-8000-000000000000"
	w := newWorld(t)
	result := w.talk("--resume="+unknown, "--fork-session").next("result")
	require.True(t, result.IsError)
	require.Equal(t, []string{"No conversation found with session ID: " + unknown}, result.Errors)
}

func TestCLI_ACommandIsAskedForAndARuleOfTheSessionIsRemembered(t *testing.T) {
	w := newWorld(t)
	k := w.talk("--permission-prompt-tool=stdio")
	k.prompt("[[bash touch made]]")
	request := k.next("control_request")
	require.Equal(t, "Bash", request.Request.ToolName)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))

	var rule fields
	require.NoError(t, json.Unmarshal(request.Request.Suggestions[0], &rule))
	require.Equal(t, "localSettings", rule["destination"], "which counts in a trusted workspace only")
	rule["destination"] = "session"
	k.allow(request, rule)
	require.Equal(t, api.ToolDone, k.next("result").Result)
	require.FileExists(t, filepath.Join(w.workspace, "made"))
	require.NoFileExists(t, filepath.Join(w.workspace, ".claude", "settings.local.json"))

	k.prompt("[[bash touch made]]")
	require.Equal(t, "result", k.next("control_request", "result").Type, "it was not asked for again")
}

func TestCLI_CommandsAreAskedForInTurnAndFilesAtOnce(t *testing.T) {
	w := newWorld(t)
	outside := t.TempDir()
	k := w.talk("--permission-prompt-tool=stdio")
	k.prompt("[[read " + outside + "/a]] [[read " + outside + "/b]]")
	first, second := k.next("control_request"), k.next("control_request", "user")
	require.Equal(t, "control_request", second.Type)
	k.answer(second, fields{"behavior": "deny", "message": "no"})
	k.answer(first, fields{"behavior": "deny", "message": "no"})
	require.Equal(t, api.ToolDone, k.next("result").Result)

	k.prompt("[[think of two]] [[bash touch a]] [[bash touch b]]")
	first = k.next("control_request")
	k.allow(first)
	second = k.next("control_request", "result")
	require.Equal(t, "control_request", second.Type)
	require.NotEqual(t, first.RequestID, second.RequestID)
	k.allow(second)
	require.Equal(t, api.ToolDone, k.next("result").Result)
	require.FileExists(t, filepath.Join(w.workspace, "a"))
	require.FileExists(t, filepath.Join(w.workspace, "b"))
}

func TestCLI_AnInterruptTakesTheQuestionBackAndTheSessionGoesOn(t *testing.T) {
	w := newWorld(t)
	k := w.talk("--permission-prompt-tool=stdio")
	k.prompt("[[bash touch made]]")
	request := k.next("control_request")
	k.write(fields{"type": "control_request", "request_id": "i", "request": fields{"subtype": "interrupt"}})
	require.Equal(t, request.RequestID, k.next("control_cancel_request").RequestID)
	require.True(t, k.next("result").IsError)

	result, _ := k.ask("[[words 3]]")
	require.Equal(t, "1 2 3 ", result.Result)
	require.NoFileExists(t, filepath.Join(w.workspace, "made"))
}

func TestCLI_TheModelIsChangedForTheTurnsToCome(t *testing.T) {
	const another = "claude-haiku-4-5"
	w := newWorld(t)
	k := w.talk()
	k.ask("one")
	k.write(fields{"type": "control_request", "request_id": "m", "request": fields{"subtype": "set_model", "model": another}})
	k.ask("two")
	requests := w.api.Requests()
	require.NotEqual(t, another, requests[0].Model)
	require.Equal(t, another, requests[1].Model)
}
