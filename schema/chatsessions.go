package schema

import (
	"math"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// readSeq reads a place in a journal. What is none counts as the beginning.
func readSeq(to *int64, v jsontext.Value) error {
	var seq float64
	if v.Kind() != '0' || json.Unmarshal(v, &seq) != nil {
		return nil
	}
	switch {
	case seq >= math.MaxInt64:
		*to = math.MaxInt64
	case seq > 0:
		*to = int64(seq)
	}
	return nil
}

// sessionFields are the members of one entry of a list of conversations.
var sessionFields = []field[SessionRef]{
	{"sessionId", func(s *SessionRef, v jsontext.Value) error { return readSession(&s.SessionID, v, "sessionId") }},
	{"lastSeq", func(s *SessionRef, v jsontext.Value) error { return readSeq(&s.LastSeq, v) }},
	{"epoch", func(s *SessionRef, v jsontext.Value) error { return readString(&s.Epoch, v, "epoch", InvalidOption) }},
	{"history", func(s *SessionRef, v jsontext.Value) error { return readBool(&s.History, v, "history") }},
}

// readSessions reads a list of conversations. One that is wrong does not spoil the others.
func readSessions(to *[]SessionRef, v jsontext.Value) error {
	var entries []jsontext.Value
	if v.Kind() != '[' || json.Unmarshal(v, &entries) != nil {
		return NewError(SessionIDRequired, `sessions must be a list: [{"sessionId":"…"}]`)
	}
	for _, entry := range entries {
		*to = append(*to, readSessionRef(entry))
	}
	return nil
}

func readSessionRef(entry jsontext.Value) SessionRef {
	var keys members
	if entry.Kind() != '{' || json.Unmarshal(entry, &keys) != nil {
		return SessionRef{Err: NewError(SessionIDRequired, "sessionId is missing")}
	}
	dropNulls(keys)
	ref, err := readRequired(keys, sessionFields, required{"sessionId", SessionIDRequired})
	if err != nil {
		return SessionRef{SessionID: textOf(keys["sessionId"]), Err: err}
	}
	return ref
}
