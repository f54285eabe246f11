package handler

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

func TestReasonsFitIntoACloseFrame(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"a", "é", "€", "😀"} {
		for n := range 200 {
			text := strings.Repeat("x", n%4) + strings.Repeat(unit, n)
			got := cutReason(text)
			require.LessOrEqual(t, len(got), schema.MaxCloseReasonBytes)
			require.True(t, utf8.ValidString(got))
			require.True(t, strings.HasPrefix(text, got))
			if len(text) <= schema.MaxCloseReasonBytes {
				require.Equal(t, text, got)
			} else {
				require.Greater(t, len(got), schema.MaxCloseReasonBytes-utf8.UTFMax, "no more than needed is cut")
			}
		}
	}
}
