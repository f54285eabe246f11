package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// TestN10NobodySeesWhatIsAnothers lets 200 users come and go. Each begins runs that print its own
// word, leaves some of them early, and looks at some again. Whatever arrives must be its own.
func TestN10NobodySeesWhatIsAnothers(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--max-runs=16", "--max-queue=1000", "--stop-grace=1s", "--claude="+program(t, "read -r prompt",
		"i=0; while [ $i -lt 20 ]; do printf '%s %s\\n' $i \"$prompt\"; i=$((i+1)); done; printf '%s\\n' \"$prompt\" >&2"))
	inParallel(200, 200, func(user int) {
		for round := range 3 {
			require.NoError(t, s.visit(fmt.Sprintf("user-%03d-round-%d", user, round)), user)
		}
	})
	s.awaitIdle(t)
	s.requireNoSurvivors(t)
}

// visit is one run of one user, with what it looks at besides.
func (s *server) visit(word string) error {
	conn, err := s.tryDial(websocket.DefaultDialer, "/ws/claude")
	if err != nil {
		return err
	}
	defer conn.Close()
	stay := 1 + rand.IntN(30) // frames: the info, the run, perhaps the queue, 21 lines
	id := ""
	if err := conn.WriteMessage(websocket.TextMessage, []byte(payloadWith(word, "detach", rand.IntN(2) == 0))); err != nil {
		return err
	}
	for range stay {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			return notDone(err)
		}
		if err := own(string(frame), word, &id); err != nil {
			return err
		}
	}
	if id == "" || rand.IntN(2) == 0 {
		return nil
	}
	var h heard
	if err := s.hearAll(id, &h); err != nil {
		return err
	}
	for _, text := range append(h.lines, h.stderr...) {
		if err := own(text, word, &id); err != nil {
			return err
		}
	}
	return nil
}

// own reports what belongs to somebody else.
func own(frame, word string, id *string) error {
	switch {
	case frame == schema.InfoFrame || strings.HasPrefix(frame, `{"info":"queued"`) || strings.Contains(frame, word):
	case strings.HasPrefix(frame, `{"info":"run"`) && *id == "":
		*id = decodeTold([]byte(frame)).Run
	default:
		return fmt.Errorf("%s was sent %q", word, frame)
	}
	return nil
}

// notDone passes over the close frame of a success.
func notDone(err error) error {
	if websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		return nil
	}
	return err
}
