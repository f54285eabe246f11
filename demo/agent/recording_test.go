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
	stdout []string
	exit   int
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
			Stdout *string
			Exit   *int
		}
		require.NoError(t, json.Unmarshal(rows.Bytes(), &row))
		if row.Stdout != nil {
			rec.stdout = append(rec.stdout, *row.Stdout)
		}
		if row.Exit != nil {
			rec.exit = *row.Exit
		}
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, rec.stdout)
	return rec
}

// The stand-in asks for no approval, so that part of a recording has no
// counterpart.
func (r recording) withoutApprovals(t *testing.T) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(r.stdout), func(text string) bool {
		return parseLine(t, text)["type"] == "control_request"
	})
}

func TestTheStandInPrintsWhatTheRealCLIPrinted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		recording, prompt string
		args              []string
		interruptAfter    time.Duration
	}{
		{recording: "text", prompt: "hello"},
		{recording: "partial", prompt: "hello", args: []string{"--include-partial-messages"}},
		{recording: "tool", prompt: "tool"},
		{recording: "api-error", prompt: "error"},
		{recording: "interrupt", prompt: "slow", args: []string{"--include-partial-messages"}, interruptAfter: 3 * time.Second},
	} {
		t.Run(tt.recording, func(t *testing.T) {
			t.Parallel()
			rec := readRecording(t, tt.recording)
			synctest.Test(t, func(t *testing.T) {
				p := start(t, tt.args...)
				p.prompt(tt.prompt)
				if tt.interruptAfter > 0 {
					pass(tt.interruptAfter)
					p.interrupt()
				}
				require.Equal(t, rec.exit, p.end())
				recorded := rec.withoutApprovals(t)
				require.Equal(t, shapesOf(t, recorded), p.shapes())
				requireSameKeys(t, recorded, p.stdout.lines())
			})
		})
	}
}

// requireSameKeys compares the lines of each shape by their keys, and those
// of the objects within: every recorded key must be there.
func requireSameKeys(t *testing.T, recorded, printed []string) {
	t.Helper()
	ours := map[string]line{}
	for _, text := range printed {
		l := parseLine(t, text)
		ours[l.shape()] = l
	}
	for _, text := range recorded {
		want := parseLine(t, text)
		got := ours[want.shape()]
		requireKeys(t, want.shape(), want, got)
		for _, key := range []string{"message", "event", "response"} {
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
