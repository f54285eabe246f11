package schema

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// encodeOptions let a frame carry text of any origin: bad bytes become U+FFFD.
var encodeOptions = jsontext.AllowInvalidUTF8(true)

// field is one key of a payload and how its value is read.
type field struct {
	name string
	read func(*Payload, jsontext.Value) error
}

// payloadFields is every key the server knows, in the order in which faults are told.
var payloadFields = []field{
	{"prompt", func(p *Payload, v jsontext.Value) error { return readString(&p.Prompt, v, "prompt", InvalidPrompt) }},
	{"meta", func(p *Payload, v jsontext.Value) error { return readString(&p.Meta, v, "meta", InvalidMeta) }},
	{"partial", func(p *Payload, v jsontext.Value) error { return readBool(&p.Partial, v, "partial") }},
	{"timeoutSeconds", func(p *Payload, v jsontext.Value) error { return readSeconds(&p.TimeoutSeconds, v) }},
	{"detach", func(p *Payload, v jsontext.Value) error { return readBool(&p.Detach, v, "detach") }},
	{"model", func(p *Payload, v jsontext.Value) error { return readString(&p.Model, v, "model", InvalidOption) }},
	{"resume", func(p *Payload, v jsontext.Value) error { return readString(&p.Resume, v, "resume", InvalidOption) }},
}

// Decode reads one payload from a client's message and validates it. It is strict where
// two readers could disagree: duplicate keys, keys that differ from known ones only in
// case, lone surrogates and trailing bytes are INVALID_JSON. Unknown keys are ignored.
// Every error is an [*Error].
func Decode(message []byte) (Payload, error) {
	keys, err := decodeObject(message)
	if err != nil {
		return Payload{}, err
	}
	payload, err := readFields(keys)
	if err != nil {
		return Payload{}, err
	}
	return payload, payload.Validate()
}

// decodeObject returns the members of a message that is exactly one JSON object.
func decodeObject(message []byte) (map[string]jsontext.Value, error) {
	if tooDeep(message) {
		return nil, NewError(InvalidJSON, "the message is nested too deeply")
	}
	var keys map[string]jsontext.Value
	if err := json.Unmarshal(message, &keys); err != nil || keys == nil {
		return nil, NewError(InvalidJSON, `the message must be one JSON object: {"prompt":"…","meta":"TASK-123"}`)
	}
	for key := range keys {
		if known := knownSpelling(key); known != "" && known != key {
			return nil, NewError(InvalidJSON, "key names are case-sensitive: write "+known)
		}
	}
	return keys, nil
}

// tooDeep reports whether more than [MaxNesting] brackets are open anywhere in a message.
// It is right about all JSON; what is none is refused later.
func tooDeep(message []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(message) && depth <= MaxNesting; i++ {
		switch b := message[i]; {
		case quoted && b == '\\':
			i++ // the next byte is escaped
		case b == '"':
			quoted = !quoted
		case quoted:
		case b == '{' || b == '[':
			depth++
		case b == '}' || b == ']':
			depth--
		}
	}
	return depth > MaxNesting
}

// knownSpelling returns the known key that equals key up to case, or "".
func knownSpelling(key string) string {
	for _, f := range payloadFields {
		if strings.EqualFold(f.name, key) {
			return f.name
		}
	}
	return ""
}

func readFields(keys map[string]jsontext.Value) (Payload, error) {
	var payload Payload
	for _, f := range payloadFields {
		value, given := keys[f.name]
		if !given {
			continue
		}
		if err := f.read(&payload, value); err != nil {
			return Payload{}, err
		}
	}
	return payload, nil
}

func readString(to *string, value jsontext.Value, name string, code Code) error {
	if value.Kind() != '"' || json.Unmarshal(value, to) != nil {
		return NewError(code, name+" must be a string")
	}
	return nil
}

func readBool(to *bool, value jsontext.Value, name string) error {
	if json.Unmarshal(value, to) != nil || value.Kind() == 'n' {
		return NewError(InvalidOption, name+" must be true or false")
	}
	return nil
}

func readSeconds(to *int, value jsontext.Value) error {
	if value.Kind() != '0' || json.Unmarshal(value, to) != nil || *to < 1 {
		return NewError(InvalidOption, "timeoutSeconds must be a whole number of seconds, 1 or more")
	}
	return nil
}
