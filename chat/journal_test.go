package chat

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"spool/schema"
	"spool/spool"
)

func newJournal(t *testing.T) *journal {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, createJournal(dir, "conv-a", "e"))
	j, err := openJournal(dir, "conv-a", "e")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, j.close()) })
	return j
}

// reopened is the journal as the next server finds it.
func reopened(t *testing.T, j *journal) (*journal, error) {
	t.Helper()
	return openJournal(j.path[:strings.LastIndex(j.path, "/")], "conv-a", "e")
}

func status(text string) schema.ChatFrame {
	return schema.ChatFrame{Kind: schema.KindStatus, SessionID: "conv-a", RunID: "run_a", Text: text}
}

// follower reads a journal as a socket does.
func follower(j *journal, after int64) (*Subscription, chan struct{}) {
	grown := make(chan struct{}, 1)
	s := &Subscription{journal: j, after: after, release: func() {}, notify: func() {
		select {
		case grown <- struct{}{}:
		default:
		}
	}}
	j.follow(s)
	return s, grown
}

// take reads frames until the one with this seq.
func take(t *testing.T, s *Subscription, grown <-chan struct{}, until int64) (texts []string) {
	t.Helper()
	for s.after < until {
		frame, err := s.Next()
		if err == io.EOF {
			<-grown
			continue
		}
		require.NoError(t, err)
		texts = append(texts, string(frame))
	}
	return texts
}

func TestJournalNumbersItsFramesForItsWholeLife(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	require.NoError(t, j.append([]schema.ChatFrame{status("one"), status("two")}))
	require.NoError(t, j.close())
	next, err := reopened(t, j)
	require.NoError(t, err)
	require.NoError(t, next.append([]schema.ChatFrame{status("three")}))
	defer next.close()

	s, grown := follower(next, 0)
	defer s.Close()
	frames := take(t, s, grown, 3)
	require.Len(t, frames, 3)
	for i, frame := range frames {
		require.Contains(t, frame, fmt.Sprintf(`"id":"conv-a:%d","seq":%[1]d,`, i+1))
	}
	require.True(t, strings.HasSuffix(frames[2], `"text":"three"}`), "a frame is as it was made: %s", frames[2])
	_, err = s.Next()
	require.ErrorIs(t, err, io.EOF)
}

func TestN05FollowersOfAJournalSeeTheSame(t *testing.T) {
	t.Parallel()
	const frames, followers = 500, 50
	j := newJournal(t)
	var all sync.WaitGroup
	got := make([][]string, followers)
	for i := range followers {
		after := int64(i % 7)
		s, grown := follower(j, after)
		all.Go(func() {
			defer s.Close()
			got[i] = take(t, s, grown, frames)
		})
	}
	for n := range frames {
		require.NoError(t, j.append([]schema.ChatFrame{status(strings.Repeat("x", n*37))}))
	}
	all.Wait()
	for i := range followers {
		require.Equal(t, got[0][i%7:], got[i])
	}
	require.Empty(t, j.followers)
}

func TestJournalDropsATornFrame(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	require.NoError(t, j.append([]schema.ChatFrame{status("one"), status("two")}))
	text, err := os.ReadFile(j.path)
	require.NoError(t, err)
	first := strings.IndexByte(string(text), '\n') + 1
	for cut := first; cut < len(text); cut += 7 {
		require.NoError(t, os.WriteFile(j.path, text[:cut], 0o600))
		next, err := reopened(t, j)
		require.NoError(t, err)
		require.Equal(t, int64(1), next.lastSeq())
		require.NoError(t, next.append([]schema.ChatFrame{status("again")}))
		s, grown := follower(next, 0)
		require.Contains(t, take(t, s, grown, 2)[1], "again")
		s.Close()
		require.NoError(t, next.close())
	}
}

func TestD03DamagedFramesAreNeverServed(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	require.NoError(t, j.append([]schema.ChatFrame{status("one"), status("two"), status("three")}))
	text, err := os.ReadFile(j.path)
	require.NoError(t, err)
	good := strings.Split(string(text), "\n")
	for at := range len(text) - 1 {
		for _, bit := range []byte{0x01, 0x20} {
			flipped := []byte(string(text))
			flipped[at] ^= bit
			require.NoError(t, os.WriteFile(j.path, flipped, 0o600))
			s, _ := follower(j, 0)
			for n := 0; ; n++ {
				frame, err := s.Next()
				if err != nil {
					require.True(t, err == io.EOF || strings.Contains(err.Error(), spool.ErrDamaged.Error()), "%v", err)
					break
				}
				require.Less(t, n, 3)
				require.Equal(t, good[n][:len(good[n])-sumSize], string(frame))
			}
			s.Close()
		}
	}
}

func TestScanTellsHowFarAJournalHasCome(t *testing.T) {
	t.Parallel()
	j := newJournal(t)
	line := func(n int64, f schema.ChatFrame) schema.ChatFrame { f.Line = n; return f }
	other := status("of another run")
	other.RunID = "run_b"
	require.NoError(t, j.append([]schema.ChatFrame{
		other, status("the user's"), line(2, status("a")), line(5, status("b")), line(5, status("c")),
		{Kind: schema.KindPermissionRequest, SessionID: "conv-a", RunID: "run_a", RequestID: "apr_1", Line: 6},
		{Kind: schema.KindPermissionRequest, SessionID: "conv-a", RunID: "run_a", RequestID: "apr_2", Line: 7},
		{Kind: schema.KindPermissionCancelled, SessionID: "conv-a", RunID: "run_a", RequestID: "apr_1"},
	}))
	p, err := j.scan("run_a")
	require.NoError(t, err)
	require.Equal(t, progress{from: 1, began: true, line: 7, count: 1, asked: map[string]bool{"apr_2": true}}, p)

	two := []schema.ChatFrame{status("x"), status("y")}
	require.Empty(t, p.missing(6, two))
	require.Equal(t, two[1:], p.missing(7, two))
	require.Equal(t, two, p.missing(8, two))
	require.Empty(t, p.missing(7, two[:1]))

	p, err = j.scan("run_c")
	require.NoError(t, err)
	require.Equal(t, progress{from: 8, asked: map[string]bool{}}, p)
}

func TestPlaceOfASubscriber(t *testing.T) {
	t.Parallel()
	// The journal has 20 frames; a run that goes on has begun behind 15.
	for name, c := range map[string]struct {
		from  From
		start int64
		want  int64
		reset bool
	}{
		"nothing known, a run goes on":            {From{}, 15, 15, false},
		"nothing known, no run":                   {From{}, 20, 20, false},
		"within the run":                          {From{LastSeq: 17}, 15, 17, false},
		"at its beginning":                        {From{LastSeq: 15}, 15, 15, false},
		"up to date":                              {From{LastSeq: 20}, 20, 20, false},
		"before the run: what is between is left": {From{LastSeq: 7}, 15, 15, true},
		"before the end, no run":                  {From{LastSeq: 7}, 20, 20, true},
		"of the future":                           {From{LastSeq: 21}, 15, 15, true},
		"of another journal":                      {From{LastSeq: 17, Epoch: "other"}, 15, 15, true},
		"of this journal":                         {From{LastSeq: 17, Epoch: "e"}, 15, 17, false},
		"all":                                     {From{History: true}, 15, 0, false},
		"all behind one":                          {From{History: true, LastSeq: 7}, 15, 7, false},
		"all of another journal":                  {From{History: true, LastSeq: 7, Epoch: "other"}, 15, 0, true},
		"all, of the future":                      {From{History: true, LastSeq: 99}, 15, 0, true},
		"negative":                                {From{LastSeq: -5}, 15, 15, false},
		"negative, all":                           {From{LastSeq: -5, History: true}, 15, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ack := schema.Subscribed{LastSeq: 20, Epoch: "e", Replay: schema.ReplayComplete}
			require.Equal(t, c.want, place(c.from, &ack, c.start))
			require.Equal(t, c.reset, ack.Replay == schema.ReplayReset)
			require.Equal(t, c.reset, ack.Code == schema.ReplayGap)
		})
	}
}
