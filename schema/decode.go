package schema

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// encodeOptions let a frame carry text of any origin: bad bytes become U+FFFD.
var encodeOptions = jsontext.AllowInvalidUTF8(true)

// members are the keys of a JSON object with their values.
type members = map[string]jsontext.Value

// field is one key of an object and how its value is read.
type field[T any] struct {
	name string
	read func(*T, jsontext.Value) error
}

// payloadFields is every key the server knows, in the order in which faults are told.
var payloadFields = []field[Payload]{
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
	keys, err := decodeObject(message, `{"prompt":"…","meta":"TASK-123"}`)
	if err != nil {
		return Payload{}, err
	}
	payload, err := readFields(keys, payloadFields)
	if err != nil {
		return Payload{}, err
	}
	return payload, payload.Validate()
}

// decodeObject returns the members of a message that is exactly one JSON object, such as
// example.
func decodeObject(message []byte, example string) (members, error) {
	if tooDeep(message) {
		return nil, NewError(InvalidJSON, "the message is nested too deeply")
	}
	var keys members
	if err := json.Unmarshal(message, &keys); err != nil || keys == nil {
		return nil, NewError(InvalidJSON, "the message must be one JSON object: "+example)
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

// readFields reads the fields that are given. Other keys are ignored, unless they differ from
// a field's only in case.
func readFields[T any](keys members, fields []field[T]) (T, error) {
	var value, none T
	for _, f := range fields {
		if err := requireSpelling(keys, f.name); err != nil {
			return none, err
		}
	}
	for _, f := range fields {
		text, given := keys[f.name]
		if !given {
			continue
		}
		if err := f.read(&value, text); err != nil {
			return none, err
		}
	}
	return value, nil
}

// requireSpelling refuses keys that equal name up to case.
func requireSpelling(keys members, name string) error {
	for key := range keys {
		if key != name && strings.EqualFold(key, name) {
			return NewError(InvalidJSON, "key names are case-sensitive: write "+name)
		}
	}
	return nil
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
