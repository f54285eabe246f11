package claude

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
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

func TestArgsOfWishes(t *testing.T) {
	t.Parallel()
	options := Options{TrustWorkspace: true, PermissionMode: "plan", DenyTools: []string{"Bash", "WebFetch"}}
	const session = "11111111-2222-4333-8444-555555555555"
	for want, wishes := range map[string]Wishes{
		"--permission-mode=plan --disallowed-tools=Bash,WebFetch":                                     {Dir: "/x", System: "not here"},
		"--permission-mode=default --disallowed-tools=Bash,WebFetch --permission-prompt-tool=stdio":   {PermissionMode: "default", Approvals: true},
		"--permission-mode=plan --disallowed-tools=Bash,WebFetch --effort=low --max-budget-usd=0.001": {Effort: "low", MaxBudgetUSD: 1e-3},
		"--permission-mode=plan --disallowed-tools=Bash,WebFetch --resume=" + session:                 {Session: session, At: "ignored"},
		"--permission-mode=plan --disallowed-tools=Bash,WebFetch --resume=" + session + " --fork-session --resume-session-at=x": {
			Session: session, Fork: true, At: "x",
		},
	} {
		args := strings.Join(options.Args(wishes), " ")
		require.Equal(t, "-p --input-format=stream-json --output-format=stream-json --verbose "+want, args)
	}
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
		line := test.options.PromptLine(test.prompt, "")
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
		require.NoError(t, json.Unmarshal(Options{}.PromptLine(prompt, ""), &got))
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
		var turn Turn
		for _, line := range recorded(t, name) {
			turn.Read([]byte(line))
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

func TestATurnThatIsReadClosely(t *testing.T) {
	t.Parallel()
	const id, other = "11111111-2222-4333-8444-555555555555", "99999999-2222-4333-8444-555555555555"
	answer := func(uuid, parent string) string {
		return `{"type":"assistant","message":{"content":[{"type":"text","text":"{\"uuid\":\"x\"}"}]},"parent_tool_use_id":` + parent + `,"uuid":"` + uuid + `"}`
	}
	turn := Turn{Closely: true}
	for _, line := range []string{answer(id, "null"), answer(other, `"toolu_1"`), answer("no uuid", "null"), `{"type":"user","uuid":"` + other + `"}`} {
		require.Equal(t, strings.Contains(line, `"assistant"`), turn.Concerns([]byte(line)))
		turn.Read([]byte(line))
	}
	require.Equal(t, id, turn.UUID)

	turn.Read([]byte(`{"type":"control_request","request_id":"q","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"a":1,"a":2, "b":"` + "\xff" + `"},` +
		`"description":"d","permission_suggestions":[{"x":1}],"blocked_path":"/p","tool_use_id":"t","more":null}}`))
	require.Equal(t, &Ask{
		RequestID: "q", Tool: "Bash", Input: jsontext.Value(`{"a":1,"a":2, "b":"` + "\xff" + `"}`), Description: "d",
		Suggestions: jsontext.Value(`[{"x":1}]`), BlockedPath: "/p", ToolUseID: "t",
	}, turn.Ask)
	turn.Read([]byte(`{"type":"control_cancel_request","request_id":"q"}`))
	require.Nil(t, turn.Ask)
	require.Equal(t, "q", turn.Cancelled)
	turn.Read([]byte(`{"request_id":"r","request":{"subtype":"can_use_tool","tool_name":"X","input":{}},"type":"control_request"}`))
	require.Equal(t, "X", turn.Ask.Tool, "in any order")
	require.Empty(t, turn.Cancelled)
	turn.Read([]byte(`{"type":"control_request","request_id":"s","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"content":"very lo`))
	require.Equal(t, &Ask{RequestID: "s"}, turn.Ask, "of which only a part is known")
	for _, line := range []string{
		`{"type":"control_request","request_id":"t","request":{"subtype":"hook_callback"}}`, `{"type":"control_request","request":{"subtype":"can_use_tool"}}`,
		`{"type":"control_response","response":{"request_id":"t"}}`, `{"type":"control_`,
	} {
		turn.Read([]byte(line))
		require.Nil(t, turn.Ask, line)
	}

	turn.Read([]byte(`{"type":"result","terminal_reason":"completed","modelUsage":{"m":{"inputTokens":1,"outputTokens":2,"cacheReadInputTokens":3,"cacheCreationInputTokens":4,"costUSD":0.5}}}`))
	require.Equal(t, ModelUsage{1, 2, 3, 4, 0.5}, turn.Result.ModelUsage["m"])
	require.False(t, turn.Result.Interrupted)
	turn.Read([]byte(answer(other, "null")))
	require.Equal(t, id, turn.UUID, "what comes after the result is of no turn")

	var loosely Turn
	for _, line := range []string{answer(id, "null"), `{"type":"control_cancel_request","request_id":"q"}`} {
		require.False(t, loosely.Concerns([]byte(line)))
		loosely.Read([]byte(line))
	}
	require.Equal(t, Turn{}, loosely)
}

// A turn that the CLI takes by itself, because a task has ended, may come before the prompt's.
func TestTheResultIsThatOfThePrompt(t *testing.T) {
	t.Parallel()
	const (
		prompt   = "11111111-2222-4333-8444-555555555555"
		begin    = `{"type":"system","subtype":"init"}`
		notice   = `{"type":"system","subtype":"task_notification","task_id":"b"}`
		empty    = `{"type":"result","subtype":"success","is_error":false,"num_turns":0,"result":""}`
		unasked  = `{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"the task has ended"}`
		broken   = `{"type":"result","subtype":"error_during_execution","is_error":true,"terminal_reason":"aborted_streaming"}`
		repeated = `{"type":"user","message":{"content":"hi"},"uuid":"` + prompt + `","isReplay":true}`
		answer   = `{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"hi"}`
	)
	for name, test := range map[string]struct {
		turn  Turn
		lines []string
		want  string // "" if there is none yet
	}{
		"none":                        {Turn{Prompt: prompt}, []string{begin, repeated, answer}, "hi"},
		"one that does not repeat":    {Turn{Prompt: prompt}, []string{begin, answer}, "hi"},
		"before the prompt":           {Turn{Prompt: prompt}, []string{notice, begin, unasked}, ""},
		"two before the prompt":       {Turn{Prompt: prompt}, []string{notice, begin, notice, unasked, begin, unasked, begin, repeated, answer}, "hi"},
		"and then the prompt":         {Turn{Prompt: prompt}, []string{notice, begin, unasked, begin, repeated, answer}, "hi"},
		"a task of the prompt's turn": {Turn{Prompt: prompt}, []string{begin, repeated, notice, answer}, "hi"},
		"broken off":                  {Turn{Prompt: prompt}, []string{notice, begin, broken}, "broken"},
		"in a process for one prompt": {Turn{}, []string{notice, notice, begin, empty, begin, answer}, "hi"},
		"its only answer":             {Turn{}, []string{notice, begin, answer}, "hi"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			turn := test.turn
			turn.Closely = turn.Prompt != ""
			for _, line := range test.lines {
				if turn.Concerns([]byte(line)) {
					turn.Read([]byte(line))
				}
			}
			switch {
			case test.want == "":
				require.Nil(t, turn.Result)
			case test.want == "broken":
				require.True(t, turn.Result.Interrupted)
			default:
				require.Equal(t, test.want, turn.Result.Text)
			}
		})
	}
}

func TestAResponseToARequest(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		`{"type":"control_response","response":{"subtype":"success","request_id":"mode","response":{"mode":"plan"}}}`:    true,
		`{"type":"control_response","response":{"subtype":"error","request_id":"mode","error":"Cannot set permission"}}`: false,
	} {
		id, done := Response([]byte(line))
		require.Equal(t, "mode", id)
		require.Equal(t, want, done)
	}
	for _, line := range []string{``, `text`, `{"type":"user","response":{"request_id":"mode"}}`, `{"type":"control_response"}`} {
		id, _ := Response([]byte(line))
		require.Empty(t, id)
	}
}

// The CLI's own turn comes first, with an empty result. Only a prompt with a uuid tells the
// second one of its kind from the prompt's.
func TestARecordedTurnThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	for _, turn := range []Turn{{}, {Closely: true, Prompt: "00000000-0000-4000-8000-000000000002"}} {
		for _, line := range recorded(t, "resumed-task") {
			turn.Read([]byte(line))
		}
		require.Equal(t, "Hello from the stand-in API.", turn.Result.Text)
		require.EqualValues(t, 1, turn.Result.Turns)
		require.Equal(t, turn.Closely, turn.UUID != "")
	}
}

// recorded is the stdout of a recording.
func recorded(t *testing.T, name string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "recordings", name+".jsonl"))
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		var event struct{ Stdout string }
		require.NoError(t, json.Unmarshal([]byte(line), &event))
		lines = append(lines, event.Stdout)
	}
	return lines
}

func FuzzTurn(f *testing.F) {
	f.Add([]byte(`{"type":"result","is_error":true,"result":"x"}`))
	f.Add([]byte(`{"type":"system","subtype":"init"`))
	f.Add([]byte("{\"result\":\"\\ud800\xff"))
	f.Fuzz(func(t *testing.T, head []byte) {
		var turn Turn
		turn.Read(head) // whatever it is, it passes
		(&Turn{Closely: true}).Read(head)
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
