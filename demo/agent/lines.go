package agent

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
)

// The stdout lines, with the CLI's keys in about the CLI's order. A pointer or
// an `any` that is nil prints as null, where the CLI prints null too.

type initLine struct {
	Type           string   `json:"type"`
	Subtype        string   `json:"subtype"`
	Cwd            string   `json:"cwd"`
	SessionID      string   `json:"session_id"`
	Tools          []string `json:"tools"`
	MCPServers     []string `json:"mcp_servers"`
	Model          string   `json:"model"`
	PermissionMode string   `json:"permissionMode"`
	SlashCommands  []string `json:"slash_commands"`
	APIKeySource   string   `json:"apiKeySource"`
	Version        string   `json:"claude_code_version"`
	OutputStyle    string   `json:"output_style"`
	Agents         []string `json:"agents"`
	Skills         []string `json:"skills"`
	Plugins        []string `json:"plugins"`
	UUID           string   `json:"uuid"`
}

type statusLine struct {
	Type           string  `json:"type"`
	Subtype        string  `json:"subtype"`
	Status         *string `json:"status"`
	PermissionMode string  `json:"permissionMode,omitempty"`
	UUID           string  `json:"uuid"`
	SessionID      string  `json:"session_id"`
}

// cancelLine takes a question back that the client has not answered.
type cancelLine struct {
	Type      string `json:"type"`
	RequestID string `json:"request_id"`
}

// messageLine is an assistant or a user line.
type messageLine struct {
	Type            string  `json:"type"`
	Message         any     `json:"message"`
	ParentToolUseID *string `json:"parent_tool_use_id"`
	SessionID       string  `json:"session_id"`
	UUID            string  `json:"uuid"`
	Timestamp       string  `json:"timestamp,omitempty"`       // user lines
	IsReplay        bool    `json:"isReplay,omitempty"`        // user lines of a command's output
	ToolUseResult   any     `json:"tool_use_result,omitempty"` // user lines
	Error           string  `json:"error,omitempty"`           // assistant lines of an API error
}

// message is the Messages API's own object.
type message struct {
	Content      []any          `json:"content"`
	ID           string         `json:"id"`
	Model        string         `json:"model"`
	Role         string         `json:"role"`
	StopReason   *string        `json:"stop_reason"`
	StopSequence *string        `json:"stop_sequence"`
	Type         string         `json:"type"`
	Usage        map[string]int `json:"usage"`
}

// streamLine carries one event of the Messages API's stream.
type streamLine struct {
	Type            string         `json:"type"`
	Event           map[string]any `json:"event"`
	SessionID       string         `json:"session_id"`
	ParentToolUseID *string        `json:"parent_tool_use_id"`
	UUID            string         `json:"uuid"`
}

type textBlock struct {
	Text string `json:"text"`
	Type string `json:"type"`
}

type toolUse struct {
	ID    string            `json:"id"`
	Input map[string]string `json:"input"`
	Name  string            `json:"name"`
	Type  string            `json:"type"`
}

type toolResult struct {
	ToolUseID string `json:"tool_use_id"`
	Type      string `json:"type"`
	Content   string `json:"content"`
	IsError   bool   `json:"is_error"`
}

// print writes v as one line with one Write, so that a reader of the file
// never waits for the rest of a line that was there already. Like the CLI it
// does not escape <, > and &.
func (s *session) print(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("encode stdout line: %w", err)
	}
	if _, err := s.stdout.Write(line.Bytes()); err != nil {
		return fmt.Errorf("write stdout: %w", err)
	}
	return nil
}

func newID(prefix string) string {
	return prefix + uuid.NewString()
}
