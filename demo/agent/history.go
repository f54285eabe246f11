package agent

import (
	"fmt"
	"strings"
)

// playHistory tells what the session remembers of the user's words, and which
// model and permissions it has.
func playHistory(t *turn) error {
	earlier := t.transcript.prompts()
	earlier = earlier[:len(earlier)-1] // the last one is this turn's
	var list strings.Builder
	for i, prompt := range earlier {
		fmt.Fprintf(&list, "\n%d. %s", i+1, quote(prompt))
	}
	return t.answer(normalPace, fmt.Sprintf(historyText, t.model, t.opts.permissionMode, len(earlier), list.String()))
}
