package agent

import "os"

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
// errInterrupted after the answer, as the CLI does: the answer comes first,
// then the end of the turn.
func (s *session) control(in input) error {
	answer := controlResponse{Subtype: "success", RequestID: in.RequestID}
	var after error
	switch in.Request.Subtype {
	case "initialize":
		answer.Response = initialized()
	case "interrupt":
		after = errInterrupted
	case "set_permission_mode":
		s.opts.permissionMode = in.Request.Mode
		answer.Response = map[string]string{"mode": in.Request.Mode}
	case "set_model": // accepted and without effect: there is no model
	default:
		answer.Subtype = "error"
		answer.Error = "Unsupported control request subtype: " + in.Request.Subtype
	}
	if err := s.print(controlLine{Type: "control_response", Response: answer}); err != nil {
		return err
	}
	return after
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
