package faults

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// A client has what the server does not know: it is told so, gets what goes on now from its
// beginning, and the rest by HTTP.
func TestN07AGapIsToldAndClosed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "--log-level=warn")
	w.start()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id, said := w.newConversation(), numbered(3, 20, 0)
	said[2].asks = true // it goes on until somebody answers
	c, err := w.chat(ctx)
	require.NoError(t, err)
	defer c.Close()
	var all copied
	require.NoError(t, all.subscribe(c, id))
	for _, turn := range said {
		require.NoError(t, c.send(id, turn))
		all.readUntil(t, c, schema.KindComplete, schema.KindPermissionRequest)
	}
	last := all.last()
	begin := int64(2*(framesOf(20)+2)) + 1 // the first frame of the run that goes on

	for name, test := range map[string]struct {
		lastSeq int64
		epoch   string
		history bool
		first   int64
		replay  string
	}{
		"another epoch":               {3, "other", false, begin, schema.ReplayReset},
		"another epoch, all of it":    {3, "other", true, 1, schema.ReplayReset},
		"the future":                  {last + 1, all.epoch, false, begin, schema.ReplayReset},
		"the far future, all of it":   {1 << 60, "", true, 1, schema.ReplayReset},
		"frames between are missing":  {3, all.epoch, false, begin, schema.ReplayReset},
		"they are asked for":          {3, all.epoch, true, 4, schema.ReplayComplete},
		"nothing":                     {0, "", false, begin, schema.ReplayComplete},
		"the run's first frame":       {begin, all.epoch, false, begin + 1, schema.ReplayComplete},
		"everything":                  {last, all.epoch, false, last + 1, schema.ReplayComplete},
		"everything, epoch not known": {last, "", true, last + 1, schema.ReplayComplete},
	} {
		ack, frames := w.subscribed(ctx, map[string]any{"sessionId": id, "lastSeq": test.lastSeq, "epoch": test.epoch, "history": test.history})
		require.Equal(t, test.replay, ack.Replay, name)
		require.Equal(t, test.replay == schema.ReplayReset, ack.Code == schema.ReplayGap, name)
		require.Equal(t, []any{true, all.epoch, last}, []any{ack.IsProcessing, ack.Epoch, ack.LastSeq}, name)
		require.Len(t, ack.PendingPermissions, 1, name)
		require.Equal(t, append([]string(nil), all.frames[test.first-1:]...), frames, name)
	}
	w.requireMessages(id, said[:2], said[2].prompt())

	// The journal is lost with the server. What a client has of it counts for nothing; the run that
	// went on is in the new one, and no message is lost.
	w.kill()
	for _, path := range w.journals(id) {
		require.NoError(t, os.Remove(path))
	}
	w.start()
	require.Eventually(t, func() bool { return w.conversation(id).Run == "" }, patience, 20*time.Millisecond)
	ack, frames := w.subscribed(ctx, map[string]any{"sessionId": id, "lastSeq": last, "epoch": all.epoch, "history": true})
	require.Equal(t, []any{schema.ReplayReset, schema.ReplayGap}, []any{ack.Replay, ack.Code})
	require.NotEqual(t, all.epoch, ack.Epoch)
	requireNumbered(t, frames)
	requireTurn(t, withoutAsking(t, frames), said[2])
	w.requireMessages(id, said)
}

// requireNumbered checks that frames are those from the first one on.
func requireNumbered(t *testing.T, frames []string) {
	t.Helper()
	for i, text := range frames {
		require.Equal(t, int64(i)+1, parsed(t, text).Seq)
	}
}

// withoutAsking returns frames without those about an approval.
func withoutAsking(t *testing.T, frames []string) []string {
	t.Helper()
	return slices.DeleteFunc(slices.Clone(frames), func(text string) bool {
		kind := parsed(t, text).Kind
		return kind == schema.KindPermissionRequest || kind == schema.KindPermissionCancelled
	})
}

// journals are the files of a conversation's journal.
func (w *world) journals(id string) []string {
	w.t.Helper()
	paths, err := filepath.Glob(filepath.Join(w.dir, "journal", id+"*"))
	require.NoError(w.t, err)
	require.NotEmpty(w.t, paths)
	return paths
}

// readUntil reads up to a frame of one of these kinds.
func (j *copied) readUntil(t *testing.T, c *chatSocket, kinds ...schema.Kind) chatFrame {
	t.Helper()
	for {
		f, err := c.hear()
		require.NoError(t, err)
		require.NotEqual(t, schema.KindProtocolError, f.Kind, f.text)
		require.NoError(t, j.take(f))
		for _, kind := range kinds {
			if f.Kind == kind {
				return f
			}
		}
	}
}

// subscribed subscribes, and returns the answer and all frames that follow.
func (w *world) subscribed(ctx context.Context, session map[string]any) (ack chatFrame, frames []string) {
	w.t.Helper()
	c, err := w.chat(ctx)
	require.NoError(w.t, err)
	defer c.Close()
	require.NoError(w.t, c.say("chat.subscribe", map[string]any{"sessions": []any{session}}))
	ack, err = c.hear()
	require.NoError(w.t, err)
	require.Equal(w.t, schema.KindChatSubscribed, ack.Kind, ack.text)
	for quiet := 0; quiet < 2; quiet++ { // between two answers everything has had its turn
		more, err := c.untilAnswered()
		require.NoError(w.t, err)
		for _, f := range more {
			frames, quiet = append(frames, f.text), 0
		}
	}
	return ack, frames
}

// untilAnswered asks for something that is refused, and returns the frames up to the refusal.
func (c *chatSocket) untilAnswered() (frames []chatFrame, err error) {
	if err := c.say("chat.abort", map[string]any{"sessionId": "nobody's"}); err != nil {
		return nil, err
	}
	for {
		f, err := c.hear()
		if err != nil || f.Kind == schema.KindProtocolError && f.SessionID == "nobody's" {
			return frames, err
		}
		frames = append(frames, f)
	}
}

// requireMessages checks what HTTP tells of a conversation: turns that have ended, and messages
// that have no answer yet.
func (w *world) requireMessages(id string, ended []task, open ...string) {
	w.t.Helper()
	var list schema.MessageList
	w.get("/api/messages?chat="+id, &list)
	var texts, want []string
	for _, m := range list.Messages {
		texts = append(texts, m.Content)
	}
	for _, turn := range ended {
		want = append(want, turn.prompt(), answerOf(turn.word, turn.count))
	}
	require.Equal(w.t, append(want, open...), texts)
}

// conversation asks what is known of one.
func (w *world) conversation(id string) schema.Conversation {
	w.t.Helper()
	var answer schema.ChatAnswer
	w.get("/api/chats/"+id, &answer)
	return answer.Chat.Conversation
}

// get reads the answer to a request.
func (w *world) get(path string, to any) {
	w.t.Helper()
	status, body, err := w.do(w.t.Context(), http.MethodGet, path, nil)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, status, "%s: %s", path, body)
	require.NoError(w.t, json.Unmarshal(body, to))
}
