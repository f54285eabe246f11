package handler

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"spool/run"
	"spool/schema"
	"spool/spool"
)

// longOf is a line that is a place in a file, if it is long enough for that.
func longOf(t *testing.T, text []byte) spool.Line {
	t.Helper()
	path := filepath.Join(t.TempDir(), "lines")
	require.NoError(t, os.WriteFile(path, append(bytes.Repeat([]byte("before\n"), 6), append(text, '\n')...), 0o600))
	r, err := spool.OpenAfter(path, 6, nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, r.Close()) })
	line, err := r.Next()
	require.NoError(t, err)
	require.EqualValues(t, 7, line.N)
	require.True(t, line.Long() || len(text) < spool.BufferSize)
	return line
}

// written is what a format writes.
func written(t require.TestingT, write func(*bufio.Writer) error) string {
	var out bytes.Buffer
	to := bufio.NewWriterSize(&out, 32)
	require.NoError(t, write(to))
	require.NoError(t, to.Flush())
	return out.String()
}

func TestFormatsByteForByte(t *testing.T) {
	t.Parallel()
	fault := schema.NewError(schema.OutputDamaged, "damaged")
	good, bad := run.Outcome{State: schema.Succeeded}, run.Outcome{State: schema.Failed, Error: schema.NewError(schema.APIError, "no")}
	line := func(text string) func(format, *bufio.Writer) error {
		return func(f format, to *bufio.Writer) error { return f.line(to, shortOf([]byte(text))) }
	}
	for name, test := range map[string]struct {
		write              func(format, *bufio.Writer) error
		sse, ndjson, plain string
	}{
		"the beginning": {format.begin, "retry: 1000\n\n", "", ""},
		"a line":        {line(`{"type":"x"}`), "id: 7\ndata: {\"type\":\"x\"}\n\n", `{"t":"line","n":7,"line":"{\"type\":\"x\"}"}` + "\n", `{"type":"x"}` + "\n"},
		"an empty line": {line(""), "id: 7\ndata: \n\n", `{"t":"line","n":7,"line":""}` + "\n", "\n"},
		"a space first": {line(" x"), "id: 7\ndata:  x\n\n", `{"t":"line","n":7,"line":" x"}` + "\n", " x\n"},
		"a return":      {line("a\rb\""), "id: 7\nevent: encoded\ndata: \"a\\rb\\\"\"\n\n", `{"t":"line","n":7,"line":"a\rb\""}` + "\n", "a\rb\"\n"},
		"not UTF-8":     {line("a\xffb"), "id: 7\ndata: a\uFFFDb\n\n", `{"t":"line","n":7,"line":"a` + "\uFFFD" + `b"}` + "\n", "a\xffb\n"},
		"a frame": {
			func(f format, to *bufio.Writer) error { return f.frame(to, "info", []byte(`{"t":"info"}`)) },
			"event: info\ndata: {\"t\":\"info\"}\n\n", `{"t":"info"}` + "\n", "",
		},
		"a sign of life": {format.alive, ": ping\n\n", "\n", ""},
		"a good end": {
			func(f format, to *bufio.Writer) error { return f.end(to, good) },
			"id: end\nevent: end\ndata: {\"t\":\"end\",\"state\":\"succeeded\"}\n\n", `{"t":"end","state":"succeeded"}` + "\n", "",
		},
		"another end": {
			func(f format, to *bufio.Writer) error { return f.end(to, bad) },
			"id: end\nevent: end\ndata: {\"t\":\"end\",\"state\":\"failed\",\"code\":\"API_ERROR\",\"error\":\"no\"}\n\n",
			`{"t":"end","state":"failed","code":"API_ERROR","error":"no"}` + "\n", "",
		},
		"a failure": {
			func(f format, to *bufio.Writer) error {
				_, deaf := f.(plain)
				require.Equal(t, !deaf, f.fail(to, fault), "whether the client knows")
				return nil
			},
			"id: end\nevent: error\ndata: {\"t\":\"error\",\"error\":\"damaged\",\"code\":\"OUTPUT_DAMAGED\"}\n\n",
			`{"t":"error","error":"damaged","code":"OUTPUT_DAMAGED"}` + "\n", "",
		},
	} {
		for f, want := range map[format]string{sse{}: test.sse, lines{}: test.ndjson, plain{}: test.plain} {
			require.Equal(t, want, written(t, func(to *bufio.Writer) error { return test.write(f, to) }), "%s as %s", name, f.mediaType())
		}
	}
}

// event is one server-sent event, read as browsers do.
type event struct{ id, name, data string }

// events reads an event stream as the standard says: lines end at CR, LF or both, one space
// behind the colon is dropped, and an empty line ends the event.
func events(text string) (all []event) {
	var now event
	var data []string
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	for line := range strings.SplitSeq(text, "\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "id":
			now.id = value
		case "event":
			now.name = value
		case "data":
			data = append(data, value)
		}
		if line == "" && data != nil {
			now.data = strings.Join(data, "\n")
			all = append(all, now)
			now, data = event{}, nil
		}
	}
	return all
}

// decoded is the line that an event carries.
func (e event) decoded(t require.TestingT) string {
	if e.name == "" {
		return e.data
	}
	require.Equal(t, "encoded", e.name)
	var line string
	require.NoError(t, json.Unmarshal([]byte(e.data), &line))
	return line
}

// requireLine checks that every format carries a line whole.
func requireLine(t require.TestingT, line spool.Line, text []byte) {
	got := events(written(t, func(to *bufio.Writer) error { return sse{}.line(to, line) }))
	require.Len(t, got, 1)
	require.Equal(t, "7", got[0].id)
	require.True(t, valid(text) == got[0].decoded(t), "event stream")

	envelope := written(t, func(to *bufio.Writer) error { return lines{}.line(to, line) })
	require.Equal(t, 1, strings.Count(envelope, "\n"))
	var l schema.LineEnvelope
	require.NoError(t, json.Unmarshal([]byte(envelope), &l))
	require.EqualValues(t, 7, l.N)
	require.Equal(t, "line", l.T)
	require.True(t, valid(text) == l.Line, "NDJSON")

	require.True(t, string(text)+"\n" == written(t, func(to *bufio.Writer) error { return plain{}.line(to, line) }), "plain text")
}

func TestFormatsCarryAnyLine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := bytesLikely().Draw(t, "text")
		requireLine(t, shortOf(text), text)
	})
}

func TestFormatsCarryLongLines(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"x", "😀", "\"\xff"} {
		for _, size := range []int{spool.BufferSize - 1, spool.BufferSize, 2*spool.BufferSize + 1} {
			text := bytes.Repeat([]byte(piece), size/len(piece)+1)
			for _, text := range [][]byte{text[:size], append(text[:size:size], '\r'), append([]byte{'\r'}, text[:size]...)} {
				requireLine(t, longOf(t, text), text)
			}
		}
	}
}

// Many lines after each other stay apart, whatever is in them.
func TestEventsStayApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(bytesLikely(), 1, 9).Draw(t, "lines")
		got := events(written(t, func(to *bufio.Writer) error {
			for _, text := range texts {
				if err := (sse{}).line(to, shortOf(text)); err != nil {
					return err
				}
			}
			return nil
		}))
		require.Len(t, got, len(texts))
		for i, e := range got {
			require.Equal(t, valid(texts[i]), e.decoded(t))
		}
	})
}

func TestFormatsTellThatTheirWriterIsShut(t *testing.T) {
	t.Parallel()
	for _, f := range []format{sse{}, lines{}, plain{}} {
		for left := range 20 {
			to := bufio.NewWriterSize(&shut{left: left}, 16) // bufio's smallest
			err := f.line(to, shortOf(bytes.Repeat([]byte("x"), 100)))
			require.ErrorIs(t, err, errShut, f.mediaType())
			require.False(t, f.fail(to, errInternal))
			if f != (plain{}) {
				require.ErrorIs(t, f.end(to, run.Outcome{State: schema.Succeeded}), errShut)
			}
		}
	}
}
