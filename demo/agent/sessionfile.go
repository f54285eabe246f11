package agent

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/google/uuid"
)

// sessionsDir is where the CLI keeps the sessions of this working directory; ""
// without a home.
func sessionsDir() string {
	config := os.Getenv("CLAUDE_CONFIG_DIR")
	if home := os.Getenv("HOME"); config == "" && home != "" {
		config = filepath.Join(home, ".claude")
	}
	if config == "" {
		return ""
	}
	cwd := workingDir()
	if physical, err := filepath.EvalSymlinks(cwd); err == nil {
		cwd = physical
	}
	return filepath.Join(config, "projects", notInNames.ReplaceAllString(cwd, "-"))
}

// notInNames is what the CLI replaces in a path to make one name of it.
var notInNames = regexp.MustCompile(`[^a-zA-Z0-9]`)

func workingDir() string {
	cwd, _ := os.Getwd() // without one, there is none to tell of
	return cwd
}

func (t *transcript) file(id string) string { return filepath.Join(t.dir, id+".jsonl") }

// load reads the file of a session, from its last message back to the first.
func (t *transcript) load(id string) error {
	unknown := refusal("No conversation found with session ID: " + id)
	if uuid.Validate(id) != nil || t.dir == "" {
		return unknown
	}
	lines, err := os.ReadFile(t.file(id))
	if err != nil {
		return unknown
	}
	byID, last := map[string]entry{}, ""
	for line := range bytes.Lines(lines) {
		var e entry
		if json.Unmarshal(line, &e) == nil && e.UUID != "" && !e.IsSidechain {
			byID[e.UUID], last = e, e.UUID
		}
	}
	t.entries = path(byID, last)
	return nil
}

// path is the way from the first message to last. The CLI has lines between
// the messages that are none.
func path(byID map[string]entry, last string) []entry {
	var entries []entry
	for e, ok := byID[last]; ok; e, ok = byID[last] {
		if e.Type == "user" || e.Type == "assistant" {
			entries = append(entries, e)
		}
		delete(byID, last) // nobody goes in a circle
		if last = ""; e.ParentUUID != nil {
			last = *e.ParentUUID
		}
	}
	slices.Reverse(entries)
	return entries
}

func (t *transcript) save() error {
	if t.dir == "" {
		return errors.New("keep the transcript: HOME is not set")
	}
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	enc.SetEscapeHTML(false)
	for _, e := range t.entries[t.saved:] {
		e.SessionID = t.id
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("encode the transcript: %w", err)
		}
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return fmt.Errorf("keep the transcript: %w", err)
	}
	if err := appendTo(t.file(t.id), lines.Bytes()); err != nil {
		return fmt.Errorf("keep the transcript: %w", err)
	}
	t.saved = len(t.entries)
	return nil
}

func appendTo(path string, lines []byte) error {
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(lines)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
