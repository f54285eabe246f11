package agent

import (
	"os"

	"github.com/google/uuid"
)

type controlLine struct {
	Type     string          `json:"type"`
	Response controlResponse `json:"response"`
}

// controlResponse answers the request of the same id: Subtype is success,
// with or without a Response, or error, with an Error text.
type controlResponse struct {
	Subtype   string `json:"subtype"`
	RequestID string `json:"request_id"`
	Response  any    `json:"response,omitempty"`
	Error     string `json:"error,omitempty"`
}

// control answers a control request. For an interrupt it returns
// errInterrupted after the answer, as the CLI does: first what waits for the
// client is taken back, then comes the answer, then the end of the turn.
func (s *session) control(in input) error {
	answer := controlResponse{Subtype: "success", RequestID: in.RequestID}
	then := func() error { return nil }
	switch in.Request.Subtype {
	case "initialize":
		answer.Response = initialized()
	case "interrupt":
		if err := s.withdraw(); err != nil {
			return err
		}
		then = func() error { return errInterrupted }
	case "set_permission_mode":
		answer.Response = map[string]string{"mode": in.Request.Mode}
		then = func() error { return s.setPermissionMode(in.Request.Mode) }
	case "set_model":
		if err := s.setModel(in.Request.Model); err != nil {
			return err
		}
	default:
		answer.Subtype = "error"
		answer.Error = "Unsupported control request subtype: " + in.Request.Subtype
	}
	if err := s.print(controlLine{Type: "control_response", Response: answer}); err != nil {
		return err
	}
	return then()
}

// setPermissionMode says so if the mode is another one.
func (s *session) setPermissionMode(mode string) error {
	if mode == s.opts.permissionMode {
		return nil
	}
	s.opts.permissionMode = mode
	return s.print(statusLine{Type: "system", Subtype: "status", PermissionMode: mode, UUID: uuid.NewString(), SessionID: s.transcript.id})
}

// setModel is for the turns to come; without a name it takes the default back,
// and says nothing.
func (s *session) setModel(name string) error {
	s.model = modelName(name)
	if name == "" {
		return nil
	}
	return s.print(messageLine{
		Type:      "user",
		Message:   map[string]any{"role": "user", "content": "<local-command-stdout>Set model to " + s.model + "</local-command-stdout>"},
		SessionID: s.transcript.id, UUID: uuid.NewString(), Timestamp: timestamp(), IsReplay: true,
	})
}

// initialized has the keys of the CLI's answer, with what the stand-in has.
func initialized() map[string]any {
	return map[string]any{
		"commands":                []any{},
		"agents":                  []any{},
		"output_style":            "default",
		"available_output_styles": []string{"default"},
		"models": []map[string]any{
			{"value": "default", "resolvedModel": model, "displayName": model, "description": Version},
		},
		"account": map[string]string{"tokenSource": "none", "apiKeySource": "none"},
		"pid":     os.Getpid(),
	}
}
