package claude

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"spool/procman"
)

// What is said to the CLI besides prompts is requests and answers, one object a line.
type (
	controlRequest struct {
		Type      string `json:"type"`
		RequestID string `json:"request_id"`
		Request   any    `json:"request"`
	}
	controlResponse struct {
		Type     string  `json:"type"`
		Response success `json:"response"`
	}
	success struct {
		Subtype   string  `json:"subtype"`
		RequestID string  `json:"request_id"`
		Response  verdict `json:"response"`
	}
)

// verdict answers an [Ask]. The CLI tells the model that asking has failed if it allows without
// an input, or denies without a message.
type verdict struct {
	Behavior           string           `json:"behavior"`
	UpdatedInput       jsontext.Value   `json:"updatedInput,omitzero"`
	UpdatedPermissions []jsontext.Value `json:"updatedPermissions,omitempty"`
	Message            string           `json:"message,omitempty"`
}

// Answer is the answer to an [Ask].
type Answer struct {
	Allow bool
	// Input is what the tool is called with, if that is allowed.
	Input jsontext.Value
	// Remember is one of the suggestions, by which such calls are not asked for again as long
	// as the process lives, wherever the suggestion says that it is kept. Nil is none.
	Remember jsontext.Value
	// Message is what the model is told of a denial.
	Message string
}

// Answer answers a request for an approval. A CLI that has ended needs no answer.
func (a *Agent) Answer(process *procman.Process, requestID string, answer Answer) error {
	v := verdict{Behavior: "deny", Message: answer.Message}
	if answer.Allow {
		v = verdict{Behavior: "allow", UpdatedInput: answer.Input}
		if answer.Remember != nil {
			v.UpdatedPermissions = []jsontext.Value{forSession(answer.Remember)}
		}
	}
	return say(process, controlResponse{"control_response", success{"success", requestID, v}})
}

// forSession has a rule hold for the session. The CLI suggests to keep it in the working directory's
// settings, where it would be for other sessions to find, and counts for none that does not trust
// that directory.
func forSession(rule jsontext.Value) jsontext.Value {
	var members map[string]jsontext.Value
	if json.Unmarshal(rule, &members) != nil {
		return rule
	}
	members["destination"] = jsontext.Value(`"session"`)
	text, err := json.Marshal(members, json.Deterministic(true))
	if err != nil {
		return rule
	}
	return text
}

// Ids of our requests: one of each kind is under way at most.
const (
	interruptID = "interrupt"
	modelID     = "model"
	modeID      = "mode"
)

// Interrupt asks a CLI that is in the middle of a turn to break it off: it answers with what
// there is of an answer, and a result that is an error. One that waits for an approval takes
// its request back before that. One whose stdin has ended takes SIGINT for the same; one that
// does not listen any more is not told.
func (a *Agent) Interrupt(process *procman.Process) error {
	if process.Stdin == nil {
		process.Interrupt()
		return nil
	}
	return request(process, interruptID, subtype{Subtype: "interrupt"})
}

// SetModel has a CLI that waits for its next prompt use another model, the one of its start if
// the name is empty. It prints a user line that tells of that, and the [Response] with the
// returned id. It takes any name.
func (a *Agent) SetModel(process *procman.Process, model string) (id string, err error) {
	return modelID, request(process, modelID, subtype{Subtype: "set_model", Model: model})
}

// SetPermissionMode is the same for the permission mode. It refuses bypassPermissions if it
// was not started with it.
func (a *Agent) SetPermissionMode(process *procman.Process, mode string) (id string, err error) {
	return modeID, request(process, modeID, subtype{Subtype: "set_permission_mode", Mode: mode})
}

type subtype struct {
	Subtype string `json:"subtype"`
	Model   string `json:"model,omitempty"`
	Mode    string `json:"mode,omitempty"`
}

func request(process *procman.Process, id string, what subtype) error {
	return say(process, controlRequest{"control_request", id, what})
}

// say writes one object to the CLI's stdin, as a line. What the CLI itself wrote goes back as
// it is, even where it is not quite JSON.
func say(process *procman.Process, what any) error {
	line, err := json.Marshal(what, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err != nil {
		return err
	}
	return write(process, append(line, '\n'))
}

// Response reads a line that answers one of our requests: which one, and whether it was done.
// The id is empty for every other line.
func Response(line []byte) (id string, done bool) {
	var l struct {
		Type     string `json:"type"`
		Response struct {
			Subtype   string `json:"subtype"`
			RequestID string `json:"request_id"`
		} `json:"response"`
	}
	if json.Unmarshal(line, &l) != nil || l.Type != "control_response" {
		return "", false
	}
	return l.Response.RequestID, l.Response.Subtype == "success"
}
