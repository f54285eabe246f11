package chat

import (
	"slices"
	"strings"

	"spool/schema"
	"spool/store"
)

// beginning is where the agent begins a turn, and what it is given.
type beginning struct {
	session string // to go on with; "" is a new one …
	fork    bool   // … in a copy …
	at      string // … that ends with this answer
	last    string // what the agent calls the last answer in that session, if that is known
	prompt  string
}

// plan decides how the agent comes to know what a conversation is about. path are its messages
// from the root to the one that is to be answered; session is the agent's, which has come to the
// message at ("" if that is not known).
//
// What users have said since the last message that the agent knows is its prompt.
func plan(path []store.Message, session, at string) beginning {
	said := len(path)
	for said > 0 && path[said-1].Role == schema.RoleUser && (session == "" || path[said-1].ID != at) {
		said--
	}
	b := beginning{prompt: join(path[said:])}
	if said == 0 {
		return b
	}
	last := path[said-1]
	switch {
	case session != "" && last.ID == at:
		b.session = session
		if last.Session == session { // and not the one in which the same was said the first time
			b.last = last.UUID
		}
	case last.UUID != "" && last.Session != "":
		b.session, b.fork, b.at, b.last = last.Session, true, last.UUID, last.UUID
	default:
		b.prompt = transcript(path)
	}
	return b
}

// anew is plan for an agent that has lost its sessions.
func anew(path []store.Message) beginning {
	if !slices.ContainsFunc(path, func(m store.Message) bool { return m.Role == schema.RoleAssistant }) {
		return beginning{prompt: join(path)}
	}
	return beginning{prompt: transcript(path)}
}

func join(messages []store.Message) string {
	texts := make([]string, len(messages))
	for i, m := range messages {
		texts[i] = m.Content
	}
	return strings.Join(texts, "\n\n")
}

// maxTranscript is how much of what was said before is told to a new session, in bytes, from its
// end: what a model takes in is bounded.
const maxTranscript = 512 << 10

// transcript tells a new session what was said before, and what is to be answered.
func transcript(path []store.Message) string {
	said := len(path)
	for said > 0 && path[said-1].Role == schema.RoleUser {
		said--
	}
	var told []string
	size := 0
	for _, m := range slices.Backward(path[:said]) {
		text := "[" + m.Role + "]\n" + m.Content
		if size += len(text); size > maxTranscript {
			told = append(told, "(What was said before that is left out.)")
			break
		}
		told = append(told, text)
	}
	slices.Reverse(told)
	return "We have talked before, in a session that is gone. This is what was said, the oldest first:\n\n" +
		strings.Join(told, "\n\n") + "\n\n[end of what was said]\n\nGo on from there. The next message is:\n\n" + join(path[said:])
}
