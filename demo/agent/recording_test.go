package agent

import (
	"bufio"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// notForClients are keys of the CLI's lines that the stand-in leaves out:
// internal timings and switches of the CLI itself.
var notForClients = []string{
	"ttft_ms", "ttft_stream_ms", "time_to_request_ms", "fast_mode_state",
	"analytics_disabled", "product_feedback_disabled",
}

// recording is a file of testdata/recordings.
type recording struct {
	stdin, stdout []string
	exit          int
}

func readRecording(t *testing.T, name string) recording {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "testdata", "recordings", name+".jsonl"))
	require.NoError(t, err)
	defer file.Close()
	rec := recording{exit: -1}
	rows := bufio.NewScanner(file)
	for rows.Scan() {
		var row struct {
			Stdin, Stdout *string
			Exit          *int
		}
		require.NoError(t, json.Unmarshal(rows.Bytes(), &row))
		if row.Stdout != nil {
			rec.stdout = append(rec.stdout, *row.Stdout)
		}
		if row.Stdin != nil && *row.Stdin != "<closed>" {
			rec.stdin = append(rec.stdin, *row.Stdin)
		}
		if row.Exit != nil {
			rec.exit = *row.Exit
		}
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, rec.stdout)
	return rec
}

func TestTheStandInPrintsWhatTheRealCLIPrinted(t *testing.T) {
	t.Parallel()
	partial, asks := "--include-partial-messages", "--permission-prompt-tool=stdio"
	for _, tt := range []struct {
		recording, prompt string
		args              []string
		meanwhile         func(*process)
	}{
		{recording: "text", prompt: "hello"},
		{recording: "partial", prompt: "hello", args: []string{partial}},
		{recording: "tool", prompt: "approve touch x", args: []string{asks}, meanwhile: func(p *process) { p.allow(0, `{"command":"x"}`) }},
		{recording: "denied", prompt: "approve touch x", args: []string{asks}, meanwhile: func(p *process) { p.deny(0, "Not now.") }},
		{recording: "approval-interrupt", prompt: "approve touch x", args: []string{asks, partial}, meanwhile: func(p *process) {
			pass(time.Second)
			p.interrupt()
		}},
		{recording: "resume-unknown", args: []string{"--resume=00000000-0000-4000-8000-000000000000"}},
		{recording: "api-error", prompt: "error"},
		{recording: "interrupt", prompt: "slow", args: []string{partial}, meanwhile: func(p *process) {
			pass(3 * time.Second)
			p.interrupt()
		}},
	} {
		t.Run(tt.recording, func(t *testing.T) {
			t.Parallel()
			rec := readRecording(t, tt.recording)
			synctest.Test(t, func(t *testing.T) {
				p := start(t, tt.args...)
				if tt.prompt != "" {
					p.prompt(tt.prompt)
				}
				if tt.meanwhile != nil {
					tt.meanwhile(p)
				}
				require.Equal(t, rec.exit, p.end())
				require.Equal(t, shapesOf(t, rec.stdout), p.shapes())
				requireSameKeys(t, rec.stdout, p.stdout.lines())
			})
		})
	}
}

// Some of these lines have other members each time, so that only their order is compared.
func TestControlRequestsAreAnsweredAsTheRealCLIDid(t *testing.T) {
	t.Parallel()
	rec := readRecording(t, "control")
	synctest.Test(t, func(t *testing.T) {
		p := start(t)
		for _, line := range rec.stdin {
			p.write(line)
		}
		require.Equal(t, rec.exit, p.end())
		require.Equal(t, shapesOf(t, rec.stdout), p.shapes())
		require.Equal(t, "claude-sonnet-4-6: "+model, p.last("system/init")["model"])
	})
}

// requireSameKeys compares the lines of each shape by their keys, and those
// of the objects within: every recorded key must be there.
func requireSameKeys(t *testing.T, recorded, printed []string) {
	t.Helper()
	ours := map[string][]line{}
	for _, text := range printed {
		l := parseLine(t, text)
		ours[l.shape()] = append(ours[l.shape()], l)
	}
	for _, text := range recorded {
		want := parseLine(t, text)
		same := ours[want.shape()]
		got := same[0]
		if len(same) > 1 { // of the last one there may be more in the recording
			ours[want.shape()] = same[1:]
		}
		requireKeys(t, want.shape(), want, got)
		for _, key := range []string{"message", "event", "response", "request"} {
			requireKeys(t, want.shape()+"."+key, object(want[key]), object(got[key]))
		}
	}
}

func requireKeys(t *testing.T, what string, want, got map[string]any) {
	t.Helper()
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(want)), func(key string) bool {
		_, there := got[key]
		return there || slices.Contains(notForClients, key) || slices.Contains(onlyForTheAPI, key)
	})
	require.Empty(t, missing, "keys of %s that the stand-in lacks", what)
}

// onlyForTheAPI are keys of a message that come from the Messages API itself.
var onlyForTheAPI = []string{"context_management", "container", "stop_details"}

func object(v any) map[string]any {
	o, _ := v.(map[string]any)
	return o
}
