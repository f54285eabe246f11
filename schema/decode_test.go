package schema

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestDecodeAcceptsWhatClientsSend(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		message string
		want    Payload
	}{
		"the two keys":            {`{"prompt":"hi","meta":"TASK-123"}`, Payload{Prompt: "hi", Meta: "TASK-123"}},
		"unknown keys":            {`{"prompt":"hi","meta":"A","extra":{"x":[1]}}`, Payload{Prompt: "hi", Meta: "A"}},
		"surrounding white space": {" \n{\"prompt\":\" hi \",\"meta\":\"_\"}\t", Payload{Prompt: " hi ", Meta: "_"}},
		"escapes":                 {`{"prompt":"\u0001\ud83d\ude00","meta":"--"}`, Payload{Prompt: "\x01😀", Meta: "--"}},
		"options": {
			`{"prompt":"hi","meta":"A","partial":true,"timeoutSeconds":30}`,
			Payload{Prompt: "hi", Meta: "A", Options: Options{Partial: true, TimeoutSeconds: 30}},
		},
		"more options": {
			`{"prompt":"hi","meta":"A","detach":true,"model":"claude-opus-4-1[1m]","resume":"run_2gxc2yw2axqhc3abci3oftpjtt"}`,
			Payload{Prompt: "hi", Meta: "A", Options: Options{Detach: true, Model: "claude-opus-4-1[1m]", Resume: "run_2gxc2yw2axqhc3abci3oftpjtt"}},
		},
		"options that ask for nothing": {`{"prompt":"hi","meta":"A","detach":false,"model":"","resume":""}`, Payload{Prompt: "hi", Meta: "A"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Decode([]byte(test.message))
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	prompt := func(json string) string { return `{"prompt":` + json + `,"meta":"A"}` }
	meta := func(json string) string { return `{"prompt":"a","meta":` + json + `}` }
	for message, want := range map[string]Code{
		``: InvalidJSON, ` `: InvalidJSON, `{`: InvalidJSON, `[]`: InvalidJSON, `null`: InvalidJSON,
		`"x"`: InvalidJSON, `42`: InvalidJSON, "\ufeff" + prompt(`"a"`): InvalidJSON,
		prompt(`"a"`) + ` x`: InvalidJSON, prompt(`"a"`) + prompt(`"a"`): InvalidJSON,
		`{prompt:"a"}`: InvalidJSON, `{"prompt":"a","meta":"A",}`: InvalidJSON,
		`{"prompt":"a","prompt":"b","meta":"A"}`:      InvalidJSON,
		`{"PROMPT":"a","meta":"A"}`:                   InvalidJSON,
		`{"prompt":"a","meta":"A","Meta":"B"}`:        InvalidJSON,
		`{"prompt":"a","\u0070rompt":"b","meta":"A"}`: InvalidJSON,
		prompt(`"\ud800"`):                            InvalidJSON,
		`{"meta":"A"}`:                                InvalidPrompt,
		prompt(`null`):                                InvalidPrompt,
		prompt(`7`):                                   InvalidPrompt,
		prompt(`["a"]`):                               InvalidPrompt,
		prompt(`{}`):                                  InvalidPrompt,
		prompt(`""`):                                  InvalidPrompt,
		prompt(`"   "`):                               InvalidPrompt,
		prompt(`"\t\r\n"`):                            InvalidPrompt,
		prompt(`"\u00a0"`):                            InvalidPrompt,
		prompt(`"\ufeff"`):                            InvalidPrompt,
		prompt(`"\u3000"`):                            InvalidPrompt,
		prompt(`"a\u0000b"`):                          InvalidPrompt,
		`{"prompt":"a"}`:                              InvalidMeta,
		meta(`null`):                                  InvalidMeta,
		meta(`1`):                                     InvalidMeta,
		meta(`[]`):                                    InvalidMeta,
		meta(`{}`):                                    InvalidMeta,
		meta(`""`):                                    InvalidMeta,
		meta(`"a"`):                                   InvalidMeta,
		meta(`"A b"`):                                 InvalidMeta,
		meta(`"A\n"`):                                 InvalidMeta,
		meta(`"A\u0000"`):                             InvalidMeta,
		meta(`"Ａ"`):                                   InvalidMeta,
		meta(`"İ"`):                                   InvalidMeta,
		meta(`"` + strings.Repeat("Z", 65) + `"`):        InvalidMeta,
		`{"prompt":"a","meta":"A","partial":"yes"}`:      InvalidOption,
		`{"prompt":"a","meta":"A","partial":null}`:       InvalidOption,
		`{"prompt":"a","meta":"A","timeoutSeconds":0}`:   InvalidOption,
		`{"prompt":"a","meta":"A","timeoutSeconds":1.5}`: InvalidOption,
		`{"prompt":"a","meta":"A","detach":1}`:           InvalidOption,
		`{"prompt":"a","meta":"A","model":7}`:            InvalidOption,
		`{"prompt":"a","meta":"A","model":"--x"}`:        InvalidOption,
		`{"prompt":"a","meta":"A","model":"a b"}`:        InvalidOption,
		`{"prompt":"a","meta":"A","resume":null}`:        InvalidOption,
		`{"prompt":"a","meta":"A","resume":"run_1"}`:     InvalidOption,
		`{"prompt":"a","meta":"A","resume":"../../x"}`:   InvalidOption,
	} {
		_, err := Decode([]byte(message))
		var refused *Error
		require.ErrorAs(t, err, &refused, "message %.60q", message)
		require.Equal(t, want, refused.Code, "message %.60q", message)
		require.Equal(t, ClosePolicy, refused.Code.Close())
	}
}

func TestDecodeCountsPromptBytesAfterDecoding(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "é", "😀", `\u0001`} {
		size := len(unit)
		if unit[0] == '\\' {
			size = 1
		}
		fits := strings.Repeat(unit, MaxPromptBytes/size)
		payload, err := Decode([]byte(`{"prompt":"` + fits + `","meta":"A"}`))
		require.NoError(t, err)
		require.Len(t, payload.Prompt, MaxPromptBytes)
		_, err = Decode([]byte(`{"prompt":"` + fits + `a","meta":"A"}`))
		require.ErrorIs(t, err, NewError(InvalidPrompt, ""))
	}
}

func TestDecodeRefusesDeepNestingFast(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		strings.Repeat("[", 10_000), strings.Repeat(`{"prompt":`, 6_000), strings.Repeat(`{"a":`, 12_000),
	} {
		start := time.Now()
		_, err := Decode([]byte(message))
		require.ErrorIs(t, err, NewError(InvalidJSON, ""))
		require.Less(t, time.Since(start), 5*time.Second, "quadratic work")
	}
}

func TestDecodeCountsOnlyBracketsThatAreOpen(t *testing.T) {
	t.Parallel()
	with := func(value string) []byte { return []byte(`{"prompt":"a","meta":"A","x":` + value + `}`) }
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, value := range []string{
		nested(MaxNesting - 1), `[` + strings.Repeat(`{},[],`, 1000) + `0]`,
		`"` + strings.Repeat("[{", 1000) + `"`, `"\\\"` + strings.Repeat("[", 1000) + `"`, `["\\",` + nested(MaxNesting-2) + `]`,
	} {
		_, err := Decode(with(value))
		require.NoError(t, err, "value %.60s", value)
	}
	for _, value := range []string{nested(MaxNesting), `["\\",` + nested(MaxNesting-1) + `]`} {
		_, err := Decode(with(value))
		require.ErrorIs(t, err, NewError(InvalidJSON, ""), "value %.60s", value)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"prompt":"hi","meta":"TASK-123"}`))
	f.Add([]byte(`{"prompt":"a","prompt":"b"}`))
	f.Add([]byte(`{"prompt":"\ud800","meta":"A"}`))
	f.Add([]byte("{\"prompt\":\"\xff\",\"meta\":\"A\"}"))
	f.Fuzz(func(t *testing.T, message []byte) {
		payload, err := Decode(message)
		if err == nil {
			require.True(t, utf8.ValidString(payload.Prompt))
			require.LessOrEqual(t, len(payload.Prompt), MaxPromptBytes)
			require.NotEmpty(t, strings.TrimSpace(payload.Prompt))
			require.Regexp(t, `\A[A-Z0-9_\-]{1,64}\z`, payload.Meta)
			return
		}
		var refused *Error
		require.ErrorAs(t, err, &refused, "an error without a code")
		require.Equal(t, ClosePolicy, refused.Code.Close())
	})
}
