package schema

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestReasonsFitIntoACloseFrame(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "é", "€", "😀"} {
		for n := range 200 {
			text := strings.Repeat("x", n%4) + strings.Repeat(unit, n)
			got := Truncate(text, MaxCloseReasonBytes)
			require.LessOrEqual(t, len(got), MaxCloseReasonBytes)
			require.True(t, utf8.ValidString(got))
			require.True(t, strings.HasPrefix(text, got))
			if len(text) <= MaxCloseReasonBytes {
				require.Equal(t, text, got)
			} else {
				require.Greater(t, len(got), MaxCloseReasonBytes-utf8.UTFMax, "no more than needed is cut")
			}
		}
	}
}
