package agent

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// transcript is what a session remembers: its messages, in memory and in the
// session's file, which has the CLI's own place and form. A process that
// waits for its first prompt has none yet.
type transcript struct {
	id      string
	dir     string  // of the files of all sessions of this working directory
	entries []entry // from the first message to the last
	saved   int     // how many of them are in this session's file
}

// entry is one message, and one line of the file. The parents make a tree of
// them: who continued from an earlier message has left the later ones behind.
type entry struct {
	ParentUUID  *string         `json:"parentUuid"`
	IsSidechain bool            `json:"isSidechain"`
	Type        string          `json:"type"`
	Message     json.RawMessage `json:"message"`
	UUID        string          `json:"uuid"`
	Timestamp   string          `json:"timestamp"`
	UserType    string          `json:"userType"`
	Cwd         string          `json:"cwd"`
	SessionID   string          `json:"sessionId"`
	Version     string          `json:"version"`
}

// refusal is why a session cannot be continued, in the CLI's words.
type refusal string

func (r refusal) Error() string { return string(r) }

// newTranscript begins one, or takes up the one that opts name.
func newTranscript(opts options) (*transcript, error) {
	t := &transcript{id: uuid.NewString(), dir: sessionsDir()}
	if opts.resume == "" {
		return t, nil
	}
	if err := t.load(opts.resume); err != nil {
		t.id = opts.resume
		return t, err
	}
	if opts.resumeAt != "" {
		i := slices.IndexFunc(t.entries, func(e entry) bool { return e.UUID == opts.resumeAt })
		if i < 0 {
			return t, refusal("No message found with message.uuid of: " + opts.resumeAt)
		}
		t.entries = t.entries[:i+1]
	}
	if !opts.fork {
		t.id, t.saved = opts.resume, len(t.entries)
	}
	return t, nil
}

// add remembers a message, and writes down what the file does not have yet.
func (t *transcript) add(kind, id string, message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("encode a message of the transcript: %w", err)
	}
	e := entry{
		Type: kind, Message: text, UUID: id, Timestamp: timestamp(), UserType: "external", Cwd: workingDir(), Version: Version,
	}
	if n := len(t.entries); n > 0 {
		e.ParentUUID = &t.entries[n-1].UUID
	}
	t.entries = append(t.entries, e)
	return t.save()
}

// prompts are what the user has said so far, oldest first.
func (t *transcript) prompts() []string {
	var prompts []string
	for _, e := range t.entries {
		var m userMessage
		if e.Type != "user" || json.Unmarshal(e.Message, &m) != nil {
			continue
		}
		if text := m.prompt(); text != "" && !strings.HasPrefix(text, interruption) {
			prompts = append(prompts, text)
		}
	}
	return prompts
}

// timestamp is the time in the form that the CLI has.
func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000Z") }
