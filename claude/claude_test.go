package claude

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArgsAreTheOperatorsAlone(t *testing.T) {
	t.Parallel()
	base := "-p --input-format=stream-json --output-format=stream-json --verbose"
	for want, options := range map[string]Options{
		base + " --setting-sources=user --strict-mcp-config": {},
		base: {TrustWorkspace: true},
		base + " --setting-sources=user --strict-mcp-config --permission-mode=plan --allowed-tools=Bash,Read --model=--x": {
			PermissionMode: "plan", AllowedTools: []string{"Bash", "Read"}, Model: "--x",
		},
	} {
		require.Equal(t, want, strings.Join(options.Args(Wishes{}), " "))
	}
	require.Contains(t, Options{}.Args(Wishes{Partial: true}), "--include-partial-messages")
}

func TestPromptLineIsDataUnlessAllowed(t *testing.T) {
	t.Parallel()
	both := Options{AllowSlashCommands: true, AllowAttachments: true}
	for _, test := range []struct {
		options Options
		prompt  string
		plain   bool // content is the string itself, into which the CLI looks
	}{
		{Options{}, "hi", false},
		{Options{}, "/cost", false},
		{Options{}, "@/etc/hostname", false},
		{Options{AllowSlashCommands: true}, "/cost", true},
		{Options{AllowSlashCommands: true}, "see @/etc/hostname", false},
		{Options{AllowAttachments: true}, "/cost", false},
		{Options{AllowAttachments: true}, "see @/etc/hostname", true},
		{both, "/cost", true},
		{both, "see @x", true},
	} {
		line := test.options.PromptLine(test.prompt)
		require.Equal(t, 1, strings.Count(string(line), "\n"), "one line")
		var got struct {
			Type    string
			Message struct {
				Role    string
				Content any
			}
		}
		require.NoError(t, json.Unmarshal(line, &got))
		require.Equal(t, "user", got.Type)
		require.Equal(t, "user", got.Message.Role)
		if test.plain {
			require.Equal(t, test.prompt, got.Message.Content)
		} else {
			block := func(text string) any { return map[string]any{"type": "text", "text": text} }
			require.Equal(t, []any{block(test.prompt), block("")}, got.Message.Content)
		}
	}
}

func TestPromptLineKeepsEveryByte(t *testing.T) {
	t.Parallel()
	for _, prompt := range []string{" hi ", "a\nb\r\n", "\x01\x1b[31m", "é😀\u2028", `"\`, "--version", "</script>&"} {
		var got struct{ Message struct{ Content []textBlock } }
		require.NoError(t, json.Unmarshal(Options{}.PromptLine(prompt), &got))
		require.Equal(t, prompt, got.Message.Content[0].Text)
	}
}

func TestEnvironmentIsAnAllowList(t *testing.T) {
	t.Parallel()
	environ := []string{
		"PATH=/bin", "HOME=/root", "LC_ALL=C", "XDG_STATE_HOME=/x", "ANTHROPIC_API_KEY=k", "HTTPS_PROXY=p", "no_proxy=q",
		"CLAUDE_CODE_USE_BEDROCK=1", "AWS_PROFILE=a", "SSL_CERT_FILE=f", "MY_OWN=yes", noAttachments + "=0", noGit + "=0",
		"CANARY=x", "DATABASE_URL=x", "SPOOL_LISTEN=x", "PATHS=x", "XDG_SECRET=x", "LD_PRELOAD=x", "NODE_OPTIONS=x", "SPOOL_RUN=outer",
	}
	require.Equal(t, append(environ[:11:11], noGit+"=1"), Options{}.Environment(environ, []string{"MY_OWN"}))
	trusting := Options{AllowAttachments: true, AllowSlashCommands: true, TrustWorkspace: true}
	require.Equal(t, environ[:10], trusting.Environment(environ, nil))
	require.Contains(t, Options{AllowSlashCommands: true}.Environment(environ, nil), noAttachments+"=1")
}

func TestSecretsAreFoundByName(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"sk-ant-0123", "hunter22222"},
		Secrets([]string{"ANTHROPIC_API_KEY=sk-ant-0123", "HOME=/root/somewhere", "db_password=hunter22222", "AUTH=true"}))
}

func TestTurnReadsWhatMatters(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lines []string
		want  Turn
	}{
		"nothing":                      {nil, Turn{}},
		"plain text":                   {[]string{`"init" and "result"`, `{`, ``, `[1,"result"]`}, Turn{}},
		"a turn without result":        {[]string{`{"type":"system","subtype":"init"}`}, Turn{Began: true}},
		"another subtype":              {[]string{`{"type":"system","subtype":"status","x":"init"}`}, Turn{}},
		"a tool's input like a result": {[]string{`{"type":"assistant","message":{"type":"result","is_error":true}}`}, Turn{}},
		"a word that only looks like":  {[]string{`{"type":"user","result":"\"type\":\"result\""}`}, Turn{}},
		"success":                      {[]string{`{"type":"result","subtype":"success","is_error":false,"result":"hi"}`}, Turn{Result: &Result{Subtype: "success", Text: "hi"}}},
		"an API failure":               {[]string{`{"type":"result","subtype":"success","is_error":true,"result":"no"}`}, Turn{Result: &Result{IsError: true, Subtype: "success", Text: "no"}}},
		"another order and types":      {[]string{`{ "result":["x"], "is_error" : true , "type":"result","subtype":null}`}, Turn{Result: &Result{IsError: true}}},
		"a head that is cut":           {[]string{`{"type":"result","is_error":true,"subtype":"success","result":"very lo`}, Turn{Result: &Result{IsError: true, Subtype: "success"}}},
		"bytes that are not UTF-8":     {[]string{"{\"type\":\"result\",\"x\":\"\xff\",\"is_error\":true}"}, Turn{Result: &Result{IsError: true}}},
		"the first of several results": {[]string{`{"type":"result","is_error":false}`, `{"type":"result","is_error":true}`}, Turn{Result: &Result{}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var turn Turn
			for _, line := range test.lines {
				turn.Read([]byte(line))
			}
			require.Equal(t, test.want, turn)
		})
	}
}

// The recordings are what the real CLI printed.
func TestTurnReadsRecordings(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Result{
		"text":      {Subtype: "success", Text: "Hello from the loopback model.", Usage: Usage{Input: 12, Output: 6}, CostUSD: 0.00021, Turns: 1},
		"api-error": {IsError: true, Subtype: "success", Text: "API Error: 400 bad thing", CostUSD: 0.00021, Turns: 1},
		"interrupt": {
			IsError: true, Subtype: "error_during_execution", Interrupted: true, CostUSD: 0.00021, Turns: 2,
			Errors: []string{"[ede_diagnostic] result_type=user last_content_type=n/a stop_reason=null"},
		},
	} {
		text, err := os.ReadFile(filepath.Join("..", "testdata", "recordings", name+".jsonl"))
		require.NoError(t, err)
		var turn Turn
		for line := range strings.Lines(string(text)) {
			var event struct{ Stdout string }
			require.NoError(t, json.Unmarshal([]byte(line), &event))
			turn.Read([]byte(event.Stdout))
			if turn.Result != nil {
				break
			}
		}
		require.True(t, turn.Began, name)
		require.NotNil(t, turn.Result, name)
		want.ModelUsage = turn.Result.ModelUsage
		require.Equal(t, want, *turn.Result, name)
		require.InDelta(t, want.CostUSD, turn.Result.ModelUsage["claude-opus-4-8[1m]"].CostUSD, 1e-9, name)
	}
}

func FuzzTurn(f *testing.F) {
	f.Add([]byte(`{"type":"result","is_error":true,"result":"x"}`))
	f.Add([]byte(`{"type":"system","subtype":"init"`))
	f.Add([]byte("{\"result\":\"\\ud800\xff"))
	f.Fuzz(func(t *testing.T, head []byte) {
		var turn Turn
		turn.Read(head) // whatever it is, it passes
		var whole struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(head, &whole) != nil || len(head) == 0 || head[0] != '{' {
			return
		}
		if turn.Result != nil {
			require.Equal(t, "result", strings.ToLower(whole.Type))
		}
	})
}

func TestProgramTellsWhyItCannotBeStarted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), link))
	for name, want := range map[string]string{
		filepath.Join(dir, "missing"):          "no such file or directory",
		"no-such-command-anywhere":             "executable file not found",
		file("plain", "#!/bin/sh\n", 0o644):    "permission denied",
		file("garbage", "\x00\x01\x02", 0o755): "exec format error",
		file("empty", "", 0o755):               "exec format error",
		dir:                                    "is a directory",
		link:                                   "no such file or directory",
	} {
		_, err := Program{Name: name}.Path()
		require.ErrorContains(t, err, want, name)
		require.NotContains(t, err.Error(), dir)
	}
	path, err := Program{Name: file("script", "#!/bin/sh\n", 0o755)}.Path()
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(path))
}

// The list is documented in full.
func TestEnvironmentIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	require.NoError(t, err)
	_, list, _ := strings.Cut(string(text), "    PATH HOME")
	list, _, _ = strings.Cut("PATH HOME"+list, "\n\n")
	require.Equal(t, allowedVariables, strings.Fields(list))
}
