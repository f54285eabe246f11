package chat

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// shown is a frame as it goes out, without the members that its caller adds.
func shown(t *testing.T, f schema.ChatFrame) string {
	t.Helper()
	text, err := json.Marshal(f)
	require.NoError(t, err)
	var m members
	require.NoError(t, json.Unmarshal(text, &m))
	for _, name := range []string{"id", "seq", "sessionId", "runId", "timestamp"} {
		delete(m, name)
	}
	text, err = json.Marshal(m, json.Deterministic(true))
	require.NoError(t, err)
	return string(text)
}

func shownOf(t *testing.T, line string) (all []string) {
	t.Helper()
	for _, f := range frames([]byte(line)) {
		all = append(all, shown(t, f))
	}
	return all
}

// recorded is every line that the real CLI has printed in a recording.
func recorded(t testing.TB, name string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "testdata", "recordings", name))
	require.NoError(t, err)
	for row := range strings.Lines(string(text)) {
		var crossed struct {
			Stdout string `json:"stdout"`
		}
		require.NoError(t, json.Unmarshal([]byte(row), &crossed))
		if crossed.Stdout != "" {
			lines = append(lines, crossed.Stdout)
		}
	}
	require.NotEmpty(t, lines)
	return lines
}

// What the recordings have in common.
const (
	hello   = `{"content":"Hello from the loopback model.","kind":"text","role":"assistant"}`
	request = `{"kind":"status","status":"requesting"}`
	end     = `{"kind":"stream_end"}`
	call    = `"toolInput":{"command":"touch created-by-tool && echo hello-from-tool","description":"Touch a file"},"toolName":"Bash"}`
	asks    = `"input":{"command":"touch created-by-tool && echo hello-from-tool","description":"Touch a file"},"kind":"permission_request",`
	rules   = `"suggestions":[{"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch created-by-tool *"}],"behavior":"allow","destination":"localSettings"},` +
		`{"type":"addDirectories","directories":["/workspace"],"destination":"session"},{"type":"setMode","mode":"acceptEdits","destination":"session"}]},`
)

// asked is what the CLI asks about a call before it makes it.
func asked(call, request string) string {
	return `{"context":{"description":"Touch a file","blockedPath":"/workspace/created-by-tool","toolUseId":"` + call + `",` + rules + asks +
		`"requestId":"` + request + `","toolName":"Bash"}`
}

func delta(text string) string { return `{"content":"` + text + `","kind":"stream_delta"}` }

func thought(text string) string {
	return `{"content":"` + text + `","kind":"stream_delta","status":"thinking"}`
}

func reads(path, call, request string) string {
	return `{"context":{"description":"` + path + `","reason":"Path is outside allowed working directories","toolUseId":"` + call + `","suggestions":[{"type":"addRules",` +
		`"rules":[{"toolName":"Read","ruleContent":"//outside/**"}],"behavior":"allow","destination":"session"}]},` +
		`"input":{"file_path":"` + path + `"},"kind":"permission_request","requestId":"` + request + `","toolName":"Read"}`
}

func TestRecordingsGiveTheirFrames(t *testing.T) {
	t.Parallel()
	hellos := []string{delta("Hello"), delta(" from"), delta(" the"), delta(" loopback"), delta(" model"), delta(".")}
	for name, want := range map[string][]string{
		"text":      {hello},
		"partial":   slices.Concat([]string{request}, hellos, []string{hello, end}),
		"api-error": {`{"content":"API Error: 400 bad thing","kind":"text","role":"assistant"}`},
		"tool": {
			`{"kind":"tool_use","toolId":"toolu_msg_000014",` + call,
			asked("toolu_msg_000014", "00000000-0000-4000-8000-000000000004"),
			`{"kind":"tool_result","toolId":"toolu_msg_000014","toolResult":{"content":"hello-from-tool","isError":false}}`,
			hello,
		},
		"denied": {
			`{"kind":"tool_use","toolId":"toolu_msg_000018",` + call,
			asked("toolu_msg_000018", "00000000-0000-4000-8000-000000000004"),
			`{"kind":"tool_result","toolId":"toolu_msg_000018","toolResult":{"content":"Not now.","isError":true}}`,
			hello,
		},
		"approval-interrupt": {
			request,
			`{"kind":"tool_use","toolId":"toolu_msg_000024",` + call,
			asked("toolu_msg_000024", "00000000-0000-4000-8000-000000000008"),
			end,
			`{"kind":"permission_cancelled","reason":"cancelled","requestId":"00000000-0000-4000-8000-000000000008"}`,
			`{"kind":"tool_result","toolId":"toolu_msg_000024","toolResult":{"content":"The user doesn't want to proceed with this tool use. ` +
				`The tool use was rejected (eg. if it was a file edit, the new_string was NOT written to the file). ` +
				`STOP what you are doing and wait for the user to tell you how to proceed.","isError":true}}`,
			`{"kind":"status","text":"[Request interrupted by user for tool use]"}`,
		},
		"parallel": {
			request,
			thought("let "), thought("me "), thought("see"),
			`{"content":"let me see","kind":"thinking"}`, end,
			`{"kind":"tool_use","toolId":"toolu_000001","toolInput":{"file_path":"/outside/a"},"toolName":"Read"}`,
			reads("/outside/a", "toolu_000001", "00000000-0000-4000-8000-000000000019"), end,
			`{"kind":"tool_use","toolId":"toolu_000002","toolInput":{"file_path":"/outside/b"},"toolName":"Read"}`,
			reads("/outside/b", "toolu_000002", "00000000-0000-4000-8000-000000000024"), end,
			`{"kind":"tool_result","toolId":"toolu_000002","toolResult":{"content":"1\tthis is b\n2\t","isError":false}}`,
			`{"kind":"tool_result","toolId":"toolu_000001","toolResult":{"content":"Not that one.","isError":true}}`,
			request,
			delta("The tool has answered."), `{"content":"The tool has answered.","kind":"text","role":"assistant"}`, end,
		},
		"api-retry": {
			`{"kind":"status","status":"api_retry","text":"The API answered 529 (overloaded): attempt 1 of 10 in 1s"}`,
			`{"kind":"status","status":"api_retry","text":"The API answered 529 (overloaded): attempt 2 of 10 in 1.2s"}`,
			`{"kind":"status","text":"[Request interrupted by user]"}`,
		},
		"control":        {`{"kind":"status","text":"Set model to claude-sonnet-4-6"}`, hello},
		"resume-unknown": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, line := range recorded(t, name+".jsonl") {
				got = append(got, shownOf(t, line)...)
			}
			require.Equal(t, want, got)
		})
	}
}

// Not all of what an interrupt leaves is spelled out here: what was said must be what was streamed.
func TestDeltasAddUpToTheText(t *testing.T) {
	t.Parallel()
	var streamed, said strings.Builder
	for _, line := range recorded(t, "interrupt.jsonl") {
		for _, f := range frames([]byte(line)) {
			switch f.Kind {
			case schema.KindStreamDelta:
				streamed.WriteString(f.Content)
			case schema.KindText:
				said.WriteString(f.Content)
			}
		}
	}
	require.Contains(t, said.String(), "word0 word1 ")
	require.Equal(t, said.String(), streamed.String())
}

func TestLinesThatNoRecordingHas(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		line string
		want []string
	}{
		"thinking": {
			`{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"yes"}]}}`,
			[]string{`{"content":"hm","kind":"thinking"}`, `{"content":"yes","kind":"text","role":"assistant"}`},
		},
		"thinking that is kept back": {`{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"","signature":"s"}]}}`, nil},
		"thinking, streamed": {
			`{"type":"stream_event","event":{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"h"}}}`,
			[]string{`{"content":"h","kind":"stream_delta","status":"thinking"}`},
		},
		"two tools at once": {
			`{"type":"assistant","message":{"content":[{"type":"tool_use","id":"a","name":"Read","input":{"n":9007199254740993}},{"type":"tool_use","id":"b","name":"Read","input":{}}]}}`,
			[]string{
				`{"kind":"tool_use","toolId":"a","toolInput":{"n":9007199254740993},"toolName":"Read"}`,
				`{"kind":"tool_use","toolId":"b","toolInput":{},"toolName":"Read"}`,
			},
		},
		"what an agent says that a call has started": {
			`{"type":"assistant","parent_tool_use_id":"toolu_1","message":{"content":[{"type":"text","text":"x"}]}}`,
			[]string{`{"content":"x","kind":"text","parentToolId":"toolu_1","role":"assistant"}`},
		},
		"what such an agent is told": {
			`{"type":"user","parent_tool_use_id":"toolu_1","message":{"content":[{"type":"text","text":"find it"}]}}`,
			[]string{`{"content":"find it","kind":"text","parentToolId":"toolu_1","role":"user"}`},
		},
		"a tool's answer in blocks": {
			`{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"},{"type":"image","source":{}},{"type":"text","text":"2"}]}]}}`,
			[]string{`{"kind":"tool_result","toolId":"a","toolResult":{"content":"1\n[image]\n2","isError":false}}`},
		},
		"a tool without an answer": {
			`{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"a"}]}}`,
			[]string{`{"kind":"tool_result","toolId":"a","toolResult":{"content":"","isError":false}}`},
		},
		"a skill's text":    {`{"type":"user","isSynthetic":true,"message":{"content":[{"type":"text","text":"do so"}]}}`, nil},
		"the prompt, again": {`{"type":"user","isReplay":true,"message":{"content":"hello"}}`, nil},
		"no answer from the API": {
			`{"type":"system","subtype":"api_retry","attempt":3,"max_retries":10,"retry_delay_ms":4000,"error_status":null,"error":"unknown"}`,
			[]string{`{"kind":"status","status":"api_retry","text":"The API could not be reached: attempt 3 of 10 in 4s"}`},
		},
		"a task": {
			`{"type":"system","subtype":"task_started","task_id":"t","tool_use_id":"a","description":"Wait"}`,
			[]string{`{"kind":"status","status":"task_started","text":"Started: Wait","toolId":"a"}`},
		},
		"a task's end": {
			`{"type":"system","subtype":"task_notification","task_id":"t","status":"failed","summary":"exit code 1"}`,
			[]string{`{"kind":"status","status":"task_notification","text":"Task failed: exit code 1"}`},
		},
		"housekeeping":                   {`{"type":"system","subtype":"task_started","description":"x","skip_transcript":true}`, nil},
		"compacting":                     {`{"type":"system","subtype":"status","status":"compacting"}`, []string{`{"kind":"status","status":"compacting"}`}},
		"compacted":                      {`{"type":"system","subtype":"compact_boundary"}`, []string{`{"kind":"status","status":"compact_boundary","text":"The conversation was compacted"}`}},
		"a fallback":                     {`{"type":"system","subtype":"model_fallback","content":"Using another."}`, []string{`{"kind":"status","status":"model_fallback","text":"Using another."}`}},
		"no status":                      {`{"type":"system","subtype":"status","status":null,"permissionMode":"plan"}`, nil},
		"another system":                 {`{"type":"system","subtype":"of a later version","content":"x"}`, nil},
		"another type":                   {`{"type":"of a later version"}`, nil},
		"no type":                        {`{}`, nil},
		"a result":                       {`{"type":"result","subtype":"success","result":"x"}`, nil},
		"a request that is for programs": {`{"type":"control_request","request_id":"r","request":{"subtype":"hook_callback"}}`, nil},
		"an approval without much": {
			`{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"Bash","permission_suggestions":null}}`,
			[]string{`{"kind":"permission_request","requestId":"r","toolName":"Bash"}`},
		},
		"members of other types":  {`{"type":"assistant","message":{"content":[7,{"type":"text","text":8},{"type":["text"]}]}}`, nil},
		"a message of other type": {`{"type":"user","message":"x","parent_tool_use_id":{}}`, nil},
		"an empty line":           {" \r\n", nil},
		"no JSON":                 {"Segmentation fault\n", []string{`{"kind":"status","text":"Segmentation fault"}`}},
		"half of a line":          {`{"type":"assistant","mess`, []string{`{"kind":"status","text":"{\"type\":\"assistant\",\"mess"}`}},
		"JSON that is no object":  {`42`, []string{`{"kind":"status","text":"42"}`}},
		"no UTF-8":                {"a\xff", []string{`{"kind":"status","text":"a` + "\uFFFD" + `"}`}},
		"no UTF-8 inside":         {"{\"type\":\"assistant\",\"message\":{\"content\":\"\\ud800\xff\"}}", []string{`{"content":"` + "\uFFFD\uFFFD" + `","kind":"text","role":"assistant"}`}},
		"the same name twice": {
			`{"type":"user","type":"assistant","message":{"content":[{"type":"tool_use","id":"a","name":"N","input":{"x":1,"x":{"y":2}}}]}}`,
			[]string{`{"kind":"tool_use","toolId":"a","toolInput":{"x":{"y":2}},"toolName":"N"}`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, shownOf(t, tt.line))
		})
	}
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", schema.MaxFieldBytes/2) // to the last byte
	for name, tt := range map[string]struct {
		line string
		cut  bool
		text func(schema.ChatFrame) string
		want string
	}{
		"as long as may be": {
			line: `{"type":"assistant","message":{"content":"` + long + `"}}`,
			text: func(f schema.ChatFrame) string { return f.Content }, want: long,
		},
		"a text": {
			line: `{"type":"assistant","message":{"content":"x` + long + `"}}`, cut: true,
			text: func(f schema.ChatFrame) string { return f.Content }, want: "x" + strings.TrimSuffix(long, "é"),
		},
		"a tool's answer": {
			line: `{"type":"user","message":{"content":[{"type":"tool_result","content":"` + long + `x"}]}}`, cut: true,
			text: func(f schema.ChatFrame) string { return f.ToolResult.Content }, want: long,
		},
		"an input": {
			line: `{"type":"assistant","message":{"content":[{"type":"tool_use","name":"Write","input":{"content":"` + long + `"}}]}}`, cut: true,
			text: func(f schema.ChatFrame) string { return f.ToolName + string(f.ToolInput) }, want: "Write",
		},
		"an input that is asked for": {
			line: `{"type":"control_request","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"content":"` + long + `"}}}`, cut: true,
			text: func(f schema.ChatFrame) string { return f.ToolName + string(f.Input) }, want: "Write",
		},
		"no JSON": {line: long + "x", cut: true, text: func(f schema.ChatFrame) string { return f.Text }, want: long},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := frames([]byte(tt.line))
			require.Len(t, got, 1)
			require.True(t, tt.text(got[0]) == tt.want)
			if !tt.cut {
				require.Nil(t, got[0].Cut)
				return
			}
			require.Equal(t, &schema.Cut{Bytes: int64(len(tt.line))}, got[0].Cut)
		})
	}
}

func TestALineGivesSoManyFramesAndNoMore(t *testing.T) {
	t.Parallel()
	line := func(n int) []byte {
		return []byte(`{"type":"assistant","message":{"content":[` + strings.Repeat(`{"type":"text","text":"x"},`, n-1) + `{"type":"text","text":"x"}]}}`)
	}
	got := frames(line(maxFrames))
	require.Len(t, got, maxFrames)
	require.Nil(t, got[maxFrames-1].Cut)
	got = frames(line(maxFrames + 1))
	require.Len(t, got, maxFrames)
	require.NotNil(t, got[maxFrames-1].Cut)
	require.Nil(t, got[maxFrames-2].Cut)
}

func TestAHeadTellsWhatItCan(t *testing.T) {
	t.Parallel()
	const size = 9 << 20
	for head, want := range map[string]string{
		`{"type":"assistant","message":{"content":[{"text":"Once upon`:                                                         `"kind":"text","role":"assistant"}`,
		`{"type":"assistant","message":{"id":"msg_1","usage":{"input_tok`:                                                      `"kind":"text","role":"assistant"}`,
		`{"type":"assistant","parent_tool_use_id":"p","message":{"content":[{"te`:                                              `"kind":"text","parentToolId":"p","role":"assistant"}`,
		`{"type":"assistant","message":{"content":[{"id":"a","input":{"content":"aaa`:                                          `"kind":"tool_use","toolId":"a"}`,
		`{"type":"assistant","message":{"content":[{"type":"thinking","thinking":"hm`:                                          `"kind":"thinking"}`,
		`{"type":"user","message":{"content":[{"tool_use_id":"a","content":"aaa`:                                               `"kind":"tool_result","toolId":"a","toolResult":{"content":"aaa","isError":false}}`,
		`{"type":"user","message":{"role":"us`:                                                                                 `"kind":"tool_result","toolResult":{"content":"","isError":false}}`,
		`{"type":"user","message":{"content":[{"tool_use_id":"a","content":[{"type":"`:                                         `"kind":"tool_result","toolId":"a","toolResult":{"content":"[]","isError":false}}`,
		`{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"Write","input":{"a":[1,2`: `"kind":"permission_request","requestId":"r","toolName":"Write"}`,
		`{"type":"result","result":"aaa`:                                                                                       `"kind":"status","text":"A line of 9437184 bytes is not shown (type: result)"}`,
		`{"type":"stre`:                                                                                                        `"kind":"status","text":"A line of 9437184 bytes is not shown (type: stre)"}`,
		`{"t`:                                                                                                                  `"kind":"status","text":"{\"t"}`,
		`plain text`:                                                                                                           `"kind":"status","text":"plain text"}`,
		`12 apples`:                                                                                                            `"kind":"status","text":"12 apples"}`,
		``:                                                                                                                     `"kind":"status","text":"A line of 9437184 bytes is not shown (type: unknown)"}`,
	} {
		f := cutFrame([]byte(head), size)
		require.Equal(t, &schema.Cut{Bytes: size}, f.Cut, head)
		f.Cut = nil
		if f.Kind == schema.KindText || f.Kind == schema.KindThinking {
			require.Contains(t, head, f.Content)
			require.Equal(t, strings.Contains(head, `"Once`) || f.Kind == schema.KindThinking, f.Content != "", head)
			f.Content = ""
		}
		require.Equal(t, "{"+want, shown(t, f), head)
	}
}

func TestACutTextEndsWithAWholeCharacter(t *testing.T) {
	t.Parallel()
	const begin = `{"type":"assistant","message":{"content":"`
	for cut, want := range map[string]string{
		"ab": "ab", `a\`: "a", `a\n`: "a\n", `a\u00`: "a", `a\ud83d`: "a", `a\ud83d\ude0`: "a", `a\ud83d\ude00`: "a😀",
		"a\xf0\x9f\x98": "a", "": "",
	} {
		require.Equal(t, want, cutFrame([]byte(begin+cut), 1).Content, "%q", cut)
	}
}

func FuzzFrames(f *testing.F) {
	recordings, err := filepath.Glob(filepath.Join("..", "testdata", "recordings", "*.jsonl"))
	require.NoError(f, err)
	for _, path := range recordings {
		for _, line := range recorded(f, filepath.Base(path)) {
			f.Add([]byte(line))
		}
	}
	f.Add([]byte("{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"input\":{\"\xff\":1,\"\xfe\":1e999}}]}}"))
	f.Add([]byte(`{"type":"assistant","message":{"content":[{"type":"tool_use","input":{"a":1,"a":"\ud800"}}]}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		got := append(frames(line), cutFrame(line, int64(len(line))), cutFrame(line[:len(line)/2], int64(len(line))))
		for _, one := range got {
			text, err := json.Marshal(one)
			require.NoError(t, err)
			require.True(t, jsontext.Value(text).IsValid())
			require.NotEmpty(t, one.Kind)
			require.LessOrEqual(t, len(one.Content)+len(one.Text), 2*schema.MaxFieldBytes)
		}
		again := append(frames(line), cutFrame(line, int64(len(line))), cutFrame(line[:len(line)/2], int64(len(line))))
		require.Equal(t, got, again)
		require.Equal(t, before, line, "a line is only read")
	})
}
