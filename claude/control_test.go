package claude

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"spool/procman"
)

// said is what is written to a process that copies its stdin to its stdout.
func said(t *testing.T, say func(*Agent, *procman.Process)) []string {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	defer out.Close()
	script := filepath.Join(t.TempDir(), "claude")
	require.NoError(t, os.WriteFile(script, []byte("#!/bin/sh\nexec cat\n"), 0o700))
	agent := &Agent{Program: Program{Name: script}, Supervisor: supervisor, Environment: []string{"PATH=" + os.Getenv("PATH")}}
	process, err := agent.Start(Launch{ID: "control-" + filepath.Base(filepath.Dir(script)) + strings.ReplaceAll(t.Name(), "/", "-"), Workspace: t.TempDir(), Stdout: out, Stderr: out})
	require.NoError(t, err)
	say(agent, process)
	require.NoError(t, process.Stdin.Close())
	<-process.Exited()
	process.Stop(t.Context(), 0)
	text, err := os.ReadFile(out.Name())
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// These are the lines that the CLI has understood.
func TestWhatIsSaidToTheCLI(t *testing.T) {
	t.Parallel()
	input := jsontext.Value("{\"a\":1,\"a\":2,\n\"b\":\"<é>\"}")
	lines := said(t, func(a *Agent, p *procman.Process) {
		require.NoError(t, a.Interrupt(p))
		id, err := a.SetModel(p, "haiku")
		require.NoError(t, err)
		require.Equal(t, "model", id)
		_, err = a.SetModel(p, "")
		require.NoError(t, err)
		id, err = a.SetPermissionMode(p, "plan")
		require.NoError(t, err)
		require.Equal(t, "mode", id)
		require.NoError(t, a.Answer(p, "q", Answer{Allow: true, Input: input}))
		require.NoError(t, a.Answer(p, "q", Answer{Allow: true, Input: jsontext.Value("{}"), Remember: jsontext.Value(`{"type":"setMode"}`)}))
		require.NoError(t, a.Answer(p, "q", Answer{Message: "no\n"}))
	})
	response := `{"type":"control_response","response":{"subtype":"success","request_id":"q","response":`
	require.Equal(t, []string{
		`{"type":"control_request","request_id":"interrupt","request":{"subtype":"interrupt"}}`,
		`{"type":"control_request","request_id":"model","request":{"subtype":"set_model","model":"haiku"}}`,
		`{"type":"control_request","request_id":"model","request":{"subtype":"set_model"}}`,
		`{"type":"control_request","request_id":"mode","request":{"subtype":"set_permission_mode","mode":"plan"}}`,
		response + `{"behavior":"allow","updatedInput":{"a":1,"a":2,"b":"<é>"}}}}`,
		response + `{"behavior":"allow","updatedInput":{},"updatedPermissions":[{"destination":"session","type":"setMode"}]}}}`,
		response + `{"behavior":"deny","message":"no\n"}}}`,
	}, lines)
}

func TestTheSystemPromptIsInAFile(t *testing.T) {
	t.Parallel()
	out, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	require.NoError(t, err)
	defer out.Close()
	path, err := Launch{Stdout: out, Wishes: Wishes{System: "be kind"}}.writeSystem()
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "be kind", string(text))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.Equal(t, filepath.Dir(out.Name()), filepath.Dir(path))
}
