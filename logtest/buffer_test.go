package logtest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestABufferIsReadWhileItIsWritten(t *testing.T) {
	t.Parallel()
	var b Buffer
	go func() {
		for n := range 100 {
			_, _ = fmt.Fprintf(&b, "run=%d level=INFO\n", n)
		}
		_, _ = b.Write([]byte("run=7 level=ERROR"))
	}()
	b.Await(t, "ERROR")
	require.Equal(t, 100, b.Count("INFO"))
	require.Equal(t, []string{"run=7 level=INFO\n", "run=7 level=ERROR"}, b.Lines("run=7 "))
	require.Equal(t, []string{"run=7 level=ERROR"}, b.Lines("run=7 ", "ERROR"))
	require.Empty(t, b.Lines("run=8 ", "ERROR"))
	require.Equal(t, "ERROR", b.Tail(5))
	require.Equal(t, b.String(), b.Tail(1<<20))
}
