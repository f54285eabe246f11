package agent

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// process is the agent running in this process, inside a synctest bubble:
// its pauses take no real time.
type process struct {
	t      *testing.T
	stdin  *io.PipeWriter
	stdout *recorder
	stderr *recorder
	exit   chan int
}

func start(t *testing.T, args ...string) *process {
	t.Helper()
	in, stdin := io.Pipe()
	p := &process{t: t, stdin: stdin, stdout: &recorder{}, stderr: &recorder{}, exit: make(chan int, 1)}
	go func() {
		p.exit <- Main(args, in, p.stdout, p.stderr)
		_ = in.Close() // whoever still writes gets an error, as from a pipe
	}()
	t.Cleanup(func() { _ = stdin.Close() })
	return p
}

func (p *process) write(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.stdin, line+"\n")
	require.NoError(p.t, err)
	synctest.Wait()
}

func (p *process) prompt(text string) {
	p.t.Helper()
	content, err := json.Marshal(text)
	require.NoError(p.t, err)
	p.write(`{"type":"user","message":{"role":"user","content":` + string(content) + `}}`)
}

func (p *process) interrupt() {
	p.t.Helper()
	p.write(`{"type":"control_request","request_id":"int-1","request":{"subtype":"interrupt"}}`)
}

// question waits for the nth can_use_tool request, counted from 0.
func (p *process) question(n int) line {
	p.t.Helper()
	for range 100 {
		asked := p.all("control_request")
		if len(asked) > n {
			return asked[n]
		}
		pass(thinking)
	}
	require.Fail(p.t, "nothing was asked")
	return nil
}

// allow answers the nth request, with an input and changes of what is asked.
func (p *process) allow(n int, input string, changes ...any) {
	p.t.Helper()
	p.answer(n, map[string]any{"behavior": "allow", "updatedInput": json.RawMessage(input), "updatedPermissions": changes})
}

func (p *process) deny(n int, message string) {
	p.t.Helper()
	p.answer(n, map[string]any{"behavior": "deny", "message": message})
}

func (p *process) answer(n int, answer any) {
	p.t.Helper()
	response := map[string]any{"subtype": "success", "request_id": p.question(n)["request_id"], "response": answer}
	text, err := json.Marshal(map[string]any{"type": "control_response", "response": response})
	require.NoError(p.t, err)
	p.write(string(text))
}

// end closes stdin and returns the exit status.
func (p *process) end() int {
	p.t.Helper()
	_ = p.stdin.Close() // it may have ended by itself
	return <-p.exit
}

// pass lets time go by on the bubble's clock, and what is due happen.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // takes no real time and waits for nothing
	synctest.Wait()
}

func (p *process) shapes() []string { return shapesOf(p.t, p.stdout.lines()) }

// all is every line of a shape.
func (p *process) all(shape string) (all []line) {
	p.t.Helper()
	for _, text := range p.stdout.lines() {
		if l := parseLine(p.t, text); l.shape() == shape {
			all = append(all, l)
		}
	}
	return all
}

func (p *process) last(shape string) line {
	p.t.Helper()
	all := p.all(shape)
	require.NotEmpty(p.t, all, shape)
	return all[len(all)-1]
}

// result is the last line, which must be a result.
func (p *process) result() line {
	p.t.Helper()
	lines := p.stdout.lines()
	require.NotEmpty(p.t, lines)
	last := parseLine(p.t, lines[len(lines)-1])
	require.Equal(p.t, "result", last["type"])
	return last
}

// ask runs one whole process for one prompt.
func ask(t *testing.T, prompt string, args ...string) (p *process, exit int) {
	t.Helper()
	p = start(t, args...)
	p.prompt(prompt)
	return p, p.end()
}

// recorder keeps what was written, one entry for each Write.
type recorder struct {
	mu     sync.Mutex // guards writes
	writes []string
}

func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.writes = append(r.writes, string(bytes.Clone(b)))
	return len(b), nil
}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.writes...)
}

func (r *recorder) text() string { return strings.Join(r.lines(), "") }

// line is one decoded stdout line.
type line map[string]any

func parseLine(t *testing.T, text string) line {
	t.Helper()
	var l line
	require.NoError(t, json.Unmarshal([]byte(text), &l), text)
	return l
}

// shape says what kind of line it is: type, subtype and the stream event.
func (l line) shape() string {
	parts := []string{l["type"].(string)}
	if subtype, ok := l["subtype"].(string); ok {
		parts = append(parts, subtype)
	}
	if event, ok := l["event"].(map[string]any); ok {
		parts = append(parts, event["type"].(string))
	}
	return strings.Join(parts, "/")
}

// shapesOf lists the shapes in order; a run of equal ones counts once, since
// answers differ in their number of words.
func shapesOf(t *testing.T, texts []string) []string {
	t.Helper()
	var shapes []string
	for _, text := range texts {
		shape := parseLine(t, text).shape()
		if len(shapes) == 0 || shapes[len(shapes)-1] != shape {
			shapes = append(shapes, shape)
		}
	}
	return shapes
}
