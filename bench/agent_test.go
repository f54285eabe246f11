package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// played returns the lines that the agent prints for a prompt.
func played(t *testing.T, content string) []string {
	t.Helper()
	var out bytes.Buffer
	order := `{"type":"user","message":{"content":` + content + `}}` + "\n"
	require.NoError(t, playAgent(strings.NewReader(order), &out))
	text, ended := strings.CutSuffix(out.String(), "\n")
	require.True(t, ended)
	return strings.Split(text, "\n")
}

func TestTheAgentPrintsWhatIsOrdered(t *testing.T) {
	t.Parallel()
	for _, how := range []string{inChunks, lineByLine} {
		for _, content := range []string{`"3 ` + how + `"`, `[{"type":"text","text":"3 ` + how + `"},{"type":"text","text":""}]`} {
			line := sampleLine()
			require.Len(t, line, lineBytes)
			require.Equal(t, []string{agentInit, line, line, line, agentEnd}, played(t, content))
		}
	}
}

func TestTheAgentRefusesOtherPrompts(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"nonsense", `{"message":{"content":"hi"}}`, `{"message":{"content":"3 of-them"}}`} {
		require.Error(t, playAgent(strings.NewReader(order+"\n"), &bytes.Buffer{}), order)
	}
}

// writes counts and checks the writes of an agent.
type writes struct {
	bytes.Buffer
	sizes []int
}

func (w *writes) Write(p []byte) (int, error) {
	w.sizes = append(w.sizes, len(p))
	return w.Buffer.Write(p)
}

func TestChunksCutLinesWhereverTheyEnd(t *testing.T) {
	t.Parallel()
	const n = 1000
	var out writes
	require.NoError(t, printChunks(&out, n))
	require.Equal(t, strings.Repeat(sampleLine()+"\n", n), out.String())
	for _, size := range out.sizes[:len(out.sizes)-1] {
		require.Equal(t, chunk, size)
	}
}

func TestALongLineHasItsLength(t *testing.T) {
	t.Parallel()
	for _, n := range []int{100, chunk, 3*chunk + 17} {
		lines := played(t, fmt.Sprintf(`"%d %s"`, n, oneLine))
		require.Len(t, lines, 3)
		require.Len(t, lines[1], n)
		require.True(t, json.Valid([]byte(lines[1])))
	}
}

func TestALineByTheClockSaysWhenItWasWritten(t *testing.T) {
	t.Parallel()
	now := time.Now()
	line := timedLine(now)
	require.Len(t, line, lineBytes)
	require.True(t, json.Valid([]byte(line)))
	at, ok := writtenAt([]byte(line[:headBytes]))
	require.True(t, ok)
	require.True(t, at.Equal(now))
	for _, other := range []string{"", agentInit, timeHead, timeHead + `xxxxxxxxxxxxxxxxxxx,`} {
		_, ok := writtenAt([]byte(other))
		require.False(t, ok, other)
	}
}

func TestAFamilyIsRead(t *testing.T) {
	t.Parallel()
	pids, err := family([]byte(familyHead + "17,18]}"))
	require.NoError(t, err)
	require.Equal(t, []int{17, 18}, pids)
	_, err = family([]byte(agentInit))
	require.Error(t, err)
}
