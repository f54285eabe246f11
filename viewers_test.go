package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fasthttp/websocket"
	"github.com/stretchr/testify/require"

	"spool/schema"
)

// counted returns lines with their numbers from..to in them.
func counted(from, to int64) (lines []string) {
	for n := from; n <= to; n++ {
		lines = append(lines, fmt.Sprintf("line %05d", n))
	}
	return lines
}

// pieces are what a run is fed with, 10,000 lines in all.
const pieces = 100

// feedSlowly writes numbered lines in pieces, and calls back before each.
func feedSlowly(t *testing.T, to *os.File, before func(piece int)) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for piece := range int64(pieces) {
		before(int(piece))
		_, err := io.WriteString(to, strings.Join(counted(100*piece+1, 100*piece+100), "\n")+"\n")
		require.NoError(t, err)
		<-tick.C
	}
	require.NoError(t, to.Close())
}

func TestN05EveryViewerSeesTheSame(t *testing.T) {
	t.Parallel()
	s := startPlainServer(t, "--ping-interval=10m")
	lines := counted(1, 100*pieces)
	for _, crowd := range []int{2, 50} {
		g, seen := newGate(t), make(chan [2]string, crowd)
		id, feed := s.start(t, script(g.cat())), g.feed()
		joins, leaving, n := map[int]int{}, map[int][]*socket{}, 0
		for range crowd {
			joins[rand.IntN(pieces)]++
		}
		feedSlowly(t, feed, func(piece int) {
			for range joins[piece] {
				door := doors[n%len(doors)]
				n++
				l := s.look(t, door, id)
				go func() { seen <- [2]string{door, l.transcript()} }()
				at := min(piece+1+rand.IntN(20), pieces-1)
				leaving[at] = append(leaving[at], s.attach(t, id, 0)) // one more, who does not stay
			}
			for _, c := range leaving[piece] {
				require.NoError(t, c.Close())
			}
		})
		for range crowd {
			got := <-seen
			same := transcript(got[0], id, lines) == got[1] // what is so long must not be printed
			require.True(t, same, "%s: %.200s", got[0], got[1])
		}
		s.awaitEnd(t, id, schema.Succeeded, "")
	}
}

// attachment is one who attaches to a run, somehow, and what becomes of that.
type attachment struct {
	door  string
	after int64
	heard heard
	code  int // with which a socket was closed
	err   error
}

// look attaches and reads to the end.
func (a *attachment) look(s *server, id string) {
	a.heard.after = a.after
	if a.door == schema.Subprotocol {
		conn, err := s.tryDial(websocket.DefaultDialer, fmt.Sprintf("/ws/runs/%s?from=%d", id, a.after), a.door)
		if a.err = err; err == nil {
			defer conn.Close()
			a.code, a.err = hearSocket(conn, &a.heard)
		}
		return
	}
	st, err := s.openLines(http.DefaultClient, id, a.after, a.door)
	if a.err = err; err == nil {
		defer st.close()
		a.err = st.hear(&a.heard, all)
	}
}

// requireWhole checks that it has seen everything behind its cursor, and exactly one end.
func (a *attachment) requireWhole(t *testing.T, last int64) {
	t.Helper()
	require.NoError(t, a.err, a.door)
	require.Equal(t, counted(a.after+1, last), a.heard.lines, a.door)
	requireHeard(t, a.heard, schema.Succeeded, "")
	if a.door == schema.Subprotocol {
		require.Equal(t, websocket.CloseNormalClosure, a.code)
	}
}

func TestN06WhoAttachesAsARunEndsSeesItsEndOnce(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	names := []string{schema.Subprotocol, acceptSSE, acceptNDJSON}
	for range 10 { // runs, with 200 who attach to each
		g, crowd := newGate(t), make([]*attachment, 200)
		id := s.start(t, script("seq -f 'line %05g' 1 6", g.wait(), "seq -f 'line %05g' 7 12"))
		s.printed(t, id, 6)
		var looking sync.WaitGroup
		for i := range crowd {
			crowd[i] = &attachment{door: names[i%len(names)], after: rand.Int64N(13)}
			wait := time.After(time.Duration(rand.IntN(250)) * time.Millisecond)
			looking.Go(func() { <-wait; crowd[i].look(s, id) })
		}
		<-time.After(time.Duration(rand.IntN(150)) * time.Millisecond) // the random moment
		g.open()
		looking.Wait()
		for _, a := range crowd {
			a.requireWhole(t, 12)
		}
		s.awaitEnd(t, id, schema.Succeeded, "")
	}
}
