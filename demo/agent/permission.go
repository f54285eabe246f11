package agent

import (
	"encoding/json"
	"strings"
)

// decision is a client's answer to a can_use_tool request.
type decision struct {
	Behavior           string          `json:"behavior"`
	UpdatedInput       json.RawMessage `json:"updatedInput"`
	Message            *string         `json:"message"`
	UpdatedPermissions []permission    `json:"updatedPermissions"`
}

// permission is a change of what has to be asked for: a suggestion in a
// request, and what a client took of them in its decision.
type permission struct {
	Type        string   `json:"type"`
	Rules       []rule   `json:"rules,omitempty"`
	Behavior    string   `json:"behavior,omitempty"`
	Directories []string `json:"directories,omitempty"`
	Mode        string   `json:"mode,omitempty"`
	Destination string   `json:"destination"`
}

// rule is a kind of calls: those of a tool whose subject begins as it says.
type rule struct {
	ToolName    string `json:"toolName"`
	RuleContent string `json:"ruleContent"`
}

// permits says whether a call needs no approval.
func (s *session) permits(c *call) bool {
	if mode := s.opts.permissionMode; mode == "acceptEdits" || mode == "bypassPermissions" || s.opts.allows(c.Name) {
		return true
	}
	for _, r := range s.rules {
		if r.ToolName == c.Name && strings.HasPrefix(c.subject(), strings.TrimRight(r.RuleContent, "*")) {
			return true
		}
	}
	return false
}

// decide takes a client's answer. The first one counts, and one to a question
// that was never asked is none.
func (s *session) decide(response inputResponse) error {
	for _, c := range s.pending {
		if c.request != response.RequestID || c.answer != nil {
			continue
		}
		var d decision
		if err := json.Unmarshal(response.Response, &d); err != nil {
			d = decision{}
		}
		c.answer = d.answer()
		if c.answer.input == nil {
			return nil
		}
		return s.remember(d.UpdatedPermissions)
	}
	return nil
}

// answer is strict as the CLI is: an approval names its input, and a denial its
// reason.
func (d decision) answer() *answer {
	var input map[string]any
	switch {
	case d.Behavior == "allow" && json.Unmarshal(d.UpdatedInput, &input) == nil && input != nil:
		return &answer{input: d.UpdatedInput}
	case d.Behavior == "deny" && d.Message != nil:
		return &answer{problem: *d.Message}
	}
	return &answer{problem: failedText + "the answer has no updatedInput, or no message"}
}

// remember takes what the client never wants to be asked for again. The CLI
// keeps some of it in files; here it is for this process.
func (s *session) remember(changes []permission) error {
	for _, change := range changes {
		switch change.Type + " " + change.Behavior {
		case "addRules allow":
			s.rules = append(s.rules, change.Rules...)
		case "setMode ":
			if err := s.setPermissionMode(change.Mode); err != nil {
				return err
			}
		}
	}
	return nil
}

// withdraw takes back every question that has no answer.
func (s *session) withdraw() error {
	for _, c := range s.pending {
		if c.answer == nil {
			if err := s.print(cancelLine{Type: "control_cancel_request", RequestID: c.request}); err != nil {
				return err
			}
		}
	}
	return nil
}
