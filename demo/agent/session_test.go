package agent

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnInterruptEndsTheTurnAndNotTheProcess(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"hello", "slow", "long", "tool", "error", "silent", "markdown"} {
		t.Run(word, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := start(t)
				p.prompt(word)
				p.interrupt()
				result := p.result()
				require.Equal(t, "error_during_execution", result["subtype"])
				require.Equal(t, true, result["is_error"])
				require.Contains(t, p.stdout.text(), "[Request interrupted by user]")

				p.prompt("still there?")
				require.Equal(t, exitOK, p.end())
				require.Contains(t, p.result()["result"], "still there?")
			})
		})
	}
}

func TestAnInterruptBetweenTurnsIsOnlyAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.interrupt()
		require.Equal(t, []string{"control_response"}, p.shapes())
		require.Equal(t, exitOK, p.end())
	})
}

func TestAPromptDuringATurnIsTakenNext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.prompt("one")
		p.prompt("two")
		require.Equal(t, exitOK, p.end())
		turn := []string{"system/init", "assistant", "result/success"}
		require.Equal(t, append(turn, turn...), p.shapes())
		require.Contains(t, p.result()["result"], "\n\ntwo\n\n")
	})
}

func TestHangStaysAfterItsResult(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.prompt("hang")
		pass(time.Minute)
		require.Equal(t, false, p.result()["is_error"])
		p.interrupt()
		require.NoError(t, p.stdin.Close())
		pass(hangLimit - time.Second)
		require.Empty(t, p.exit, "only a signal ends it")
		pass(2 * time.Second)
		require.Equal(t, exitOK, <-p.exit, "or, when its server is gone, its limit")
	})
}

func TestSilentSaysNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.prompt("silent")
		pass(24 * time.Hour)
		require.Empty(t, p.exit)
		require.Equal(t, exitError, p.end(), "no server is left to end it")
		require.Empty(t, p.stdout.lines())
	})
}

func TestALineThatIsNotJSONEndsTheProcess(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]string{"at once": "", "during a turn": "slow"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := start(t)
				if first != "" {
					p.prompt(first)
				}
				p.write("this is not JSON")
				require.Equal(t, exitError, <-p.exit)
				require.Contains(t, p.stderr.text(), "not JSON")
			})
		})
	}
}

func TestOnlyTheFirstTextBlockIsThePrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.write(`{"type":"user","message":{"content":[{"type":"text","text":"first block"},{"type":"text","text":"second block"}]}}`)
		require.Equal(t, exitOK, p.end())
		require.Contains(t, p.result()["result"], "first block")
		require.NotContains(t, p.result()["result"], "second block")
	})
}

func TestUnknownLinesAreIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		p.write("")
		p.write(`{"type":"control_response","response":{}}`)
		p.write(`{"type":"of a later version"}`)
		require.Equal(t, exitOK, p.end())
		require.Empty(t, p.stdout.lines())
	})
}

func TestControlRequestsAreAnswered(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, request, subtype string
		shapes                 []string
	}{
		{"initialize", `{"subtype":"initialize","hooks":null}`, "success", []string{"control_response"}},
		{"set_permission_mode", `{"subtype":"set_permission_mode","mode":"plan"}`, "success", []string{"control_response", "system/status"}},
		{"the same mode", `{"subtype":"set_permission_mode","mode":"default"}`, "success", []string{"control_response"}},
		{"set_model", `{"subtype":"set_model","model":"other"}`, "success", []string{"user", "control_response"}},
		{"the default model", `{"subtype":"set_model","model":null}`, "success", []string{"control_response"}},
		{"unknown", `{"subtype":"no_such_thing"}`, "error", []string{"control_response"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := start(t)
				p.write(`{"type":"control_request","request_id":"c-1","request":` + tt.request + `}`)
				require.Equal(t, tt.shapes, p.shapes())
				response := object(p.last("control_response")["response"])
				require.Equal(t, tt.subtype, response["subtype"])
				require.Equal(t, "c-1", response["request_id"])
				require.Equal(t, exitOK, p.end())
			})
		})
	}
}

func TestThePermissionModeIsEchoed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := start(t, "--permission-mode=acceptEdits", "--model=whatever", "--no-such-flag", "x")
		p.prompt("hello")
		require.Equal(t, "acceptEdits", parseLine(t, p.stdout.lines()[0])["permissionMode"])
		p.write(`{"type":"control_request","request_id":"c","request":{"subtype":"set_permission_mode","mode":"plan"}}`)
		p.prompt("again")
		require.Equal(t, exitOK, p.end())
		require.Contains(t, p.stdout.text(), `"permissionMode":"plan"`)
	})
}
