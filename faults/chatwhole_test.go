package faults

import (
	"crypto/sha256"
	bytesof "encoding/binary" // binary is the server under test
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/stretchr/testify/require"

	"spool/schema"
)

// requireConversations compares what partners have seen with what the server says now, and
// returns how many of their turns have ended how.
func (w *world) requireConversations(partners []*partner) map[schema.State]int {
	w.t.Helper()
	ends := map[schema.State]int{}
	for _, p := range partners {
		require.NoError(w.t, p.err)
		w.awaitIdle(p.id)
		tree := w.requireTree(p.id)
		w.requireJournal(p)
		for _, t := range p.turns {
			w.requireEnd(t, tree)
			ends[t.end.State]++
		}
		for id, from := range p.branches {
			require.Equal(w.t, from, w.conversation(id).Head)
			w.requireTree(id)
		}
		for id, state := range p.decided {
			var a schema.Approval
			w.get("/api/approvals/"+id, &a)
			require.Equal(w.t, state, a.State, "an approval that was confirmed")
		}
	}
	return ends
}

// idOf is what the id of a message must be: the SHA-256 of its role, its content and its
// parent's id, each behind its length.
func idOf(m schema.Message) string {
	hash := sha256.New()
	for _, part := range []string{m.Role, m.Content, m.Parent} {
		hash.Write(bytesof.BigEndian.AppendUint64(nil, uint64(len(part))))
		hash.Write([]byte(part))
	}
	return hex.EncodeToString(hash.Sum(nil))
}

// requireTree returns all messages of a conversation. Each is what its id says, and follows one
// that is there; the head can be reached.
func (w *world) requireTree(id string) map[string]schema.Message {
	w.t.Helper()
	var all, path schema.MessageList
	w.get("/api/chats/"+id+"/messages?all=true", &all)
	w.get("/api/chats/"+id+"/messages", &path)
	tree := map[string]schema.Message{"": {}}
	for _, m := range all.Messages {
		require.Equal(w.t, idOf(m), m.ID)
		require.Contains(w.t, tree, m.Parent, "a message came before the one that it follows")
		tree[m.ID] = m
	}
	last := ""
	for _, m := range path.Messages {
		require.Equal(w.t, last, m.Parent)
		require.Equal(w.t, tree[m.ID], m)
		last = m.ID
	}
	if last != "" {
		require.Equal(w.t, last, *path.Head)
	}
	return tree
}

// requireJournal checks that the journal is what the partner has of it, and that each run is in
// it once, whole, from its message to its end.
func (w *world) requireJournal(p *partner) {
	w.t.Helper()
	require.NotEmpty(w.t, p.frames)
	_, frames := w.subscribed(w.t.Context(), map[string]any{"sessionId": p.id, "epoch": p.epoch, "history": true})
	require.Equal(w.t, p.frames, frames)
	requireNumbered(w.t, frames)
	run := ""
	for _, text := range frames {
		f := parsed(w.t, text)
		if run == "" {
			require.Equal(w.t, schema.RoleUser, f.Role, f.text)
			run = f.RunID
		}
		require.Equal(w.t, run, f.RunID, f.text)
		if f.Kind == schema.KindComplete {
			run = ""
		}
	}
	require.Empty(w.t, run, "its end is missing")
}

// requireEnd checks what became of a turn: its message and its answer are in the tree, and the
// agent got it once.
func (w *world) requireEnd(t *turn, tree map[string]schema.Message) {
	w.t.Helper()
	user := tree[t.user.MessageID]
	require.Equal(w.t, []string{schema.RoleUser, t.prompt(), *t.user.Parent, t.user.RunID}, []string{user.Role, user.Content, user.Parent, user.Run})
	run, err := w.run(t.user.RunID)
	require.NoError(w.t, err)
	require.Equal(w.t, t.end.State, run.State)
	require.Contains(w.t, tree, t.end.Head)
	if run.Stop != nil {
		require.Empty(w.t, run.Stop.Survivors)
	}
	said := w.saidIn(run)
	require.LessOrEqual(w.t, w.traces(t.word), 1, "%s was started twice", t.word)
	switch {
	case run.State == schema.Succeeded:
		require.Equal(w.t, answerOf(t.word, t.count), said)
	case run.State == schema.Interrupted: // only if the server died before it had given the prompt
		require.Zero(w.t, w.traces(t.word), "%s had its prompt and was interrupted", t.word)
	default:
		require.Equal(w.t, schema.Aborted, run.State, "%+v", run)
	}
	if said == "" {
		return
	}
	answer := schema.Message{Role: schema.RoleAssistant, Content: said, Parent: user.ID}
	require.Contains(w.t, tree, idOf(answer), "the answer of %s", t.word)
	require.Equal(w.t, run.ID, tree[idOf(answer)].Run)
}

// saidIn is what the agent has said in a run, by the run's own lines: every block, and after an
// abort what there is of the one that was broken off.
func (w *world) saidIn(run schema.Run) string {
	w.t.Helper()
	lines, err := w.follow(w.t.Context(), run.ID)
	require.NoError(w.t, err)
	var texts []string
	begun := ""
	for _, line := range lines.lines {
		var l struct {
			Type    string
			Message struct {
				Content []struct{ Type, Text string }
			}
			Event struct{ Delta struct{ Text string } }
		}
		require.NoError(w.t, json.Unmarshal([]byte(line), &l))
		begun += l.Event.Delta.Text
		if l.Type != "assistant" {
			continue
		}
		begun = ""
		for _, block := range l.Message.Content {
			if block.Type == "text" {
				texts = append(texts, block.Text)
			}
		}
	}
	if run.State == schema.Aborted && begun != "" {
		texts = append(texts, begun)
	}
	return strings.Join(texts, "\n\n")
}
