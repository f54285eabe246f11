package agent

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/google/uuid"
)

// call is a tool call. One that needs an approval waits for its answer.
type call struct {
	toolUse
	request string  // the id of the question; "" if nobody is asked
	answer  *answer // nil while it waits
	settled bool
}

// answer says what becomes of a call.
type answer struct {
	input   json.RawMessage // what it is allowed with; nil if it is denied
	problem string          // what the model is told of a denial
}

// canUseTool asks the client about a call.
type canUseTool struct {
	Type      string        `json:"type"`
	RequestID string        `json:"request_id"`
	Request   canUseRequest `json:"request"`
}

type canUseRequest struct {
	Subtype     string            `json:"subtype"`
	ToolName    string            `json:"tool_name"`
	DisplayName string            `json:"display_name"`
	Input       map[string]string `json:"input"`
	Description string            `json:"description"`
	Suggestions []permission      `json:"permission_suggestions"`
	BlockedPath string            `json:"blocked_path,omitempty"`
	Reason      string            `json:"decision_reason,omitempty"`
	ReasonType  string            `json:"decision_reason_type,omitempty"`
	ToolUseID   string            `json:"tool_use_id"`
}

func newCall(tool string, input map[string]string) *call {
	return &call{toolUse: toolUse{ID: newID("toolu_"), Input: input, Name: tool, Type: "tool_use"}}
}

// about tells the person who decides what the call is for.
func (c *call) about() string {
	if path, ok := c.Input["file_path"]; ok {
		return path
	}
	return c.Input["description"]
}

// subject is what rules are compared with: a command, or a path from the root.
func (c *call) subject() string {
	if path, ok := c.Input["file_path"]; ok {
		return "/" + path
	}
	return c.Input["command"] + " "
}

// ruleContent is the rule that the CLI suggests for calls like this.
func (c *call) ruleContent() string {
	if path, ok := c.Input["file_path"]; ok {
		return "/" + filepath.Join(filepath.Dir(path), "**")
	}
	return c.Input["command"] + " *"
}

// judge asks the client about a call, unless the answer is known.
func (s *session) judge(c *call) error {
	switch {
	case c.answer != nil:
		return nil
	case s.permits(c):
		c.answer = &answer{input: c.input()}
		return nil
	case !s.opts.asks:
		c.answer = &answer{problem: fmt.Sprintf(notGrantedText, c.Name)}
		return nil
	}
	c.request = uuid.NewString()
	s.pending = append(s.pending, c)
	return s.print(canUseTool{Type: "control_request", RequestID: c.request, Request: c.question()})
}

// question is what the client is asked, with the rules by which it would not be
// asked again.
func (c *call) question() canUseRequest {
	q := canUseRequest{
		Subtype: "can_use_tool", ToolName: c.Name, DisplayName: c.Name, Input: c.Input, Description: c.about(), ToolUseID: c.ID,
		Suggestions: []permission{
			{Type: "addRules", Rules: []rule{{c.Name, c.ruleContent()}}, Behavior: "allow", Destination: "session"},
			{Type: "setMode", Mode: "acceptEdits", Destination: "session"},
		},
	}
	if c.Input["file_path"] == "" {
		q.BlockedPath = workingDir()
	} else {
		q.Reason, q.ReasonType = "Path is outside allowed working directories", "workingDir"
	}
	return q
}
