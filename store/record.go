package store

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"spool/schema"
)

// Run is a run's record: what clients may see, and what only the server needs. Its times are
// kept in UTC, and text that is not UTF-8 gets U+FFFD for what is none.
type Run struct {
	schema.Run
	User        string  `json:"user,omitempty"`        // owner; "" as long as nobody logs in
	Key         string  `json:"key,omitempty"`         // Idempotency-Key, "" for none; unique for each user
	Fingerprint string  `json:"fingerprint,omitempty"` // of the request that came with Key
	Session     string  `json:"session,omitempty"`     // the agent's own session id; never leaves the server
	UUID        string  `json:"uuid,omitempty"`        // the agent's own id of its last assistant line, likewise
	Process     string  `json:"process,omitempty"`     // id under which the process that served it was started, if not its own
	Resumes     string  `json:"resumes,omitempty"`     // session to continue …
	ResumesAt   string  `json:"resumesAt,omitempty"`   // … up to this line, "" for all of it: a conversation's may have gone on
	Reason      *Reason `json:"reason,omitempty"`      // why somebody ends the run, recorded before anything is done about it
	Sealed      bool    `json:"sealed,omitzero"`       // the output has checksums
	Owner       string  `json:"owner,omitempty"`       // node that runs it
	Epoch       int64   `json:"epoch,omitzero"`        // of the server that runs it
}

// Reason is why a run is ended by somebody: the state and code that it will end with.
type Reason struct {
	State schema.State `json:"state"`
	Code  schema.Code  `json:"code,omitempty"`
	Text  string       `json:"text,omitempty"`
	Limit bool         `json:"limit,omitzero"` // a limit was broken, which counts more than a result
}

// columns are the names of what a row holds besides its seq: what a run is searched by, its
// document, and the sum over all of these.
const columns = "id, user_name, idempotency_key, meta, state, created_ms, ended_ms, owner, epoch, output_gone, record, sum"

// columnCount is how many these are.
const columnCount = 12

// searched returns the columns of a run up to its document.
func searched(r *Run) []any {
	ended, gone := int64(0), int64(0)
	if r.EndedAt != nil {
		ended = r.EndedAt.UnixMilli()
	}
	if r.OutputGone {
		gone = 1
	}
	return []any{r.ID, r.User, r.Key, r.Meta, string(r.State), r.CreatedAt.UnixMilli(), ended, r.Owner, r.Epoch, gone}
}

// encode returns a run's row, in the order of columns.
func encode(r Run) ([]any, error) {
	if err := check(&r); err != nil {
		return nil, err
	}
	r.CreatedAt, r.StartedAt, r.EndedAt = r.CreatedAt.UTC(), utc(r.StartedAt), utc(r.EndedAt)
	return sealed(searched(&r), &r)
}

// check refuses what could not be found again.
func check(r *Run) error {
	switch ended := r.EndedAt != nil && r.EndedAt.UnixMilli() > 0; {
	case r.ID == "":
		return errors.New("the run has no id")
	case !slices.Contains(schema.States, r.State):
		return fmt.Errorf("%q is no state", r.State)
	case ended != r.State.Final():
		return fmt.Errorf("a run has the time of its end if and only if it has ended: it is %s", r.State)
	}
	return nil
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	return new(t.UTC())
}

// decode returns the run of a row that was read as texts, or what is wrong with it.
func decode(row []string) (r Run, err error) {
	err = unseal(row, &r, func() []any { return searched(&r) })
	return r, err
}

// texts returns values as the database driver turns them into text.
func texts(values []any) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = fmt.Sprint(value)
	}
	return list
}

// sum returns the SHA-256 of texts in hex. Each text has its length before it, so that no two
// lists have the same bytes.
func sum(list []string) string {
	hash := sha256.New()
	for _, text := range list {
		_ = binary.Write(hash, binary.BigEndian, int64(len(text))) // a hash takes everything
		hash.Write([]byte(text))
	}
	return hex.EncodeToString(hash.Sum(nil))
}
