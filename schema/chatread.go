package schema

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/invopop/validation"
)

// ErrNoSession is told of every conversation that is not there for who asks, whatever the
// reason: unknown, somebody else's, or no id at all. ErrNoMessage is likewise for messages.
var (
	ErrNoSession = NewError(SessionNotFound, "there is no such session: create one with POST /api/providers/sessions")
	ErrNoMessage = NewError(NotFound, "there is no such message")
)

// Provider is the one agent that there is.
const Provider = "claude"

var (
	wordPattern     = regexp.MustCompile(`^[A-Za-z]{1,32}$`)
	clientIDPattern = regexp.MustCompile(`^[\x21-\x7e]{1,200}$`)
)

// readText reads a text and checks it. The rules pass on an empty one.
func readText(to *string, v jsontext.Value, name string, code Code, rules ...validation.Rule) error {
	if err := readString(to, v, name, code); err != nil {
		return err
	}
	return check(code, *to, rules...)
}

// readSession reads the id of a conversation.
func readSession(to *string, v jsontext.Value, name string) error {
	if v.Kind() != '"' {
		return NewError(SessionIDRequired, name+" must be a string")
	}
	if *to = textOf(v); *to == "" {
		return NewError(SessionIDRequired, name+" is missing")
	}
	if !ConversationID.MatchString(*to) {
		return ErrNoSession
	}
	return nil
}

// readMessageID reads the id of a message; an empty one is none.
func readMessageID(to *string, v jsontext.Value, name string) error {
	if err := readString(to, v, name, InvalidOption); err != nil {
		return err
	}
	if *to != "" && !MessageID.MatchString(*to) {
		return ErrNoMessage
	}
	return nil
}

// readHead reads the id of a message, or an empty text for none.
func readHead(to **string, v jsontext.Value, name string) error {
	*to = new(string)
	return readMessageID(*to, v, name)
}

// readContent reads a message of a user.
func readContent(to *string, v jsontext.Value, name string) error {
	return readText(to, v, name, InvalidContent,
		validation.Required.Error(name+" must not be empty"),
		validation.Length(1, MaxContentBytes).Error(name+" must be at most 49152 bytes of UTF-8"),
		validation.By(withText(name)), validation.By(withoutNUL(name)))
}

func readSystem(to *string, v jsontext.Value, name string) error {
	return readText(to, v, name, InvalidOption,
		validation.Length(0, MaxSystemBytes).Error(name+" must be at most 16384 bytes of UTF-8"), validation.By(withoutNUL(name)))
}

// readLabel reads a line of text for people.
func readLabel(to *string, v jsontext.Value, name string, most int) error {
	return readText(to, v, name, InvalidOption,
		validation.RuneLength(0, most).Error(name+" is too long"), validation.By(func(value any) error {
			if strings.ContainsFunc(value.(string), unicode.IsControl) {
				return errors.New(name + " must not contain control characters")
			}
			return nil
		}))
}

func readModel(to *string, v jsontext.Value, name string) error {
	return readText(to, v, name, InvalidOption, validation.Match(modelPattern).Error(name+" must be a model's name, such as sonnet"))
}

func readMeta(to *string, v jsontext.Value) error {
	return readText(to, v, "meta", InvalidMeta,
		validation.Length(0, MaxMetaLength).Error("meta must be at most 64 characters"),
		validation.Match(metaPattern).Error("meta may hold only A-Z, 0-9, _ and -"))
}

// readClientID reads what a client calls something, so that it may be sent again.
func readClientID(to *string, v jsontext.Value, name string) error {
	return readText(to, v, name, InvalidOption,
		validation.Match(clientIDPattern).Error(name+" must be 1 to 200 visible ASCII characters"))
}

func readProvider(to *string, v jsontext.Value) error {
	if textOf(v) != Provider {
		return NewError(UnsupportedProvider, "the only provider is "+Provider)
	}
	*to = Provider
	return nil
}

func readBudget(to *float64, v jsontext.Value) error {
	if v.Kind() != '0' || json.Unmarshal(v, to) != nil || *to <= 0 {
		return NewError(InvalidOption, "maxBudgetUsd must be a number above 0")
	}
	return nil
}

// readOptions reads options. Those that are not listed are the server's own business.
func readOptions[T any](to *T, v jsontext.Value, options []field[T]) (err error) {
	var keys members
	if v.Kind() != '{' || json.Unmarshal(v, &keys) != nil {
		return NewError(InvalidOption, "options must be an object")
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !slices.ContainsFunc(options, func(f field[T]) bool { return f.name == key }) {
			return NewError(ForbiddenOption, "options."+Truncate(key, 64)+" is not for clients to choose")
		}
	}
	dropNulls(keys)
	*to, err = readFields(keys, options)
	return err
}

// withText and withoutNUL are rules for a text of that name.
func withText(name string) validation.RuleFunc {
	return func(value any) error {
		if strings.TrimFunc(value.(string), isBlank) == "" {
			return errors.New(name + " must not be blank")
		}
		return nil
	}
}

func withoutNUL(name string) validation.RuleFunc {
	return func(value any) error {
		if strings.ContainsRune(value.(string), 0) {
			return errors.New(name + " must not contain a NUL character")
		}
		return nil
	}
}
