package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestP02LinesArriveUnchangedThenClose(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	for script, want := range map[string][]string{
		`printf 'a\nb\nc\n'`: {"a", "b", "c"},
		`printf 'a\n\nb\n'`:  {"a", "", "b"},
		`printf 'x\r\n'`:     {"x\r"},
		`:`:                  nil,
	} {
		e := s.run(t, "sh\n"+script)
		requireEnd(t, e, "")
		require.Equal(t, want, e.lines)
		require.Empty(t, e.stderr)
	}
}
