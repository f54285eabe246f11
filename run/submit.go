package run

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"syscall"
	"time"

	"spool/schema"
	"spool/store"
)

// Request is a payload, and who sends it.
type Request struct {
	schema.Payload
	// Client is whom places are shared out between, for example an address.
	Client string
	// Key makes the request the same one as an earlier one with this key; "" is none.
	Key string
	// Turn makes the run a turn of a conversation; nil is none.
	Turn *Turn
}

// user is whose run it is.
func (q Request) user() string {
	if q.Turn == nil {
		return ""
	}
	return q.Turn.User
}

// fingerprint tells requests with the same key apart.
func (q Request) fingerprint() string {
	sum := sha256.Sum256(schema.Encode(struct {
		Prompt, Meta string
		schema.Options
	}{q.Prompt, q.Meta, q.Options}))
	return hex.EncodeToString(sum[:])
}

// Submit accepts a run, which then goes on by itself, and opens a view of it, which the
// caller must leave. When Submit returns, the run is on disk. A request with a known key
// gets the run of the first one; if its output cannot be shown any more, together with the
// error of [Run.View]. Every other error is a [*schema.Error]: OVERLOADED, DRAINING,
// STORAGE_FULL, FORBIDDEN_OPTION, INVALID_OPTION, KEY_REUSED or INTERNAL; but for a turn that
// its conversation does not take, which is [store.ErrMoved], [store.ErrActive] or [store.ErrNotFound].
func (g *Registry) Submit(ctx context.Context, q Request) (*Run, *View, error) {
	if r, err := g.known(ctx, q); r != nil || err != nil {
		return g.viewed(r, err)
	}
	record, err := g.newRecord(ctx, q)
	if err != nil {
		return nil, nil, err
	}
	r, view, err := g.accept(q, record)
	if errors.Is(err, store.ErrKeyTaken) { // since the question above
		return g.viewed(g.known(ctx, q))
	}
	return r, view, g.refusal(err)
}

// viewed opens a view of a run from its beginning.
func (g *Registry) viewed(r *Run, err error) (*Run, *View, error) {
	if err != nil {
		return nil, nil, err
	}
	view, err := r.View(0)
	return r, view, err
}

// refusal returns an error as a client may see it.
func (g *Registry) refusal(err error) error {
	if _, ok := errors.AsType[*schema.Error](err); ok || err == nil || isAnswer(err) {
		return err
	}
	g.log.Error("accept run", "error", err)
	if errors.Is(err, store.ErrFull) || errors.Is(err, syscall.ENOSPC) {
		return errStorage
	}
	return schema.NewError(schema.Internal, "the server could not accept the run; its log has the cause")
}

var errStorage = schema.NewError(schema.StorageFull, "the server's disk is nearly full: try again when there is room")

// known returns the run of an earlier request with the same key, nil if there was none.
func (g *Registry) known(ctx context.Context, q Request) (*Run, error) {
	if q.Key == "" {
		return nil, nil
	}
	record, err := g.store.RunByKey(ctx, q.user(), q.Key)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err != nil:
		return nil, g.refusal(err)
	case record.Fingerprint != q.fingerprint():
		return nil, schema.NewError(schema.KeyReused, "this Idempotency-Key came with another request before: use a new key for a new request")
	default:
		return g.Open(ctx, record.ID)
	}
}

// newID returns a run's id, which nobody can guess.
func newID() string { return "run_" + strings.ToLower(rand.Text()) }

// newRecord returns the record of a request that this server's policy allows.
func (g *Registry) newRecord(ctx context.Context, q Request) (store.Run, error) {
	if most := g.config.RunTimeout; q.TimeoutSeconds > int(most/time.Second) {
		return store.Run{}, schema.NewError(schema.ForbiddenOption, "timeoutSeconds is above this server's run timeout of "+most.String())
	}
	if allowed := g.config.AllowModels; q.Model != "" && !slices.Contains(allowed, q.Model) && !slices.Contains(allowed, "*") {
		return store.Run{}, schema.NewError(schema.ForbiddenOption, "this server does not allow that model; its operator can, with --allow-model")
	}
	earlier, err := g.resumed(ctx, q.Resume)
	record := store.Run{
		Run: schema.Run{
			ID: newID(), Meta: q.Meta, State: schema.Queued, Prompt: q.Prompt, Options: q.Options, CreatedAt: time.Now().UTC(),
		},
		User: q.user(), Key: q.Key, Resumes: earlier.Session, ResumesAt: earlier.UUID,
	}
	if t := q.Turn; t != nil {
		record.Conversation, record.Message = t.Conversation, cmp.Or(t.Message.ID, t.Parent)
	}
	if q.Key != "" {
		record.Fingerprint = q.fingerprint()
	}
	return record, err
}

// resumed returns the record of an earlier run whose session can be continued, an empty one for
// no run.
func (g *Registry) resumed(ctx context.Context, id string) (store.Run, error) {
	if id == "" {
		return store.Run{}, nil
	}
	earlier, err := g.store.Run(ctx, id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return store.Run{}, schema.NewError(schema.InvalidOption, "resume: there is no such run")
	case err != nil:
		return store.Run{}, g.refusal(err)
	case !earlier.State.Final():
		return store.Run{}, schema.NewError(schema.InvalidOption, "resume: that run still goes on")
	case earlier.Session == "":
		return store.Run{}, schema.NewError(schema.InvalidOption, "resume: that run has no session to continue")
	default:
		return earlier, nil
	}
}

// accept gives the run a place, or one in the queue, and brings it to the disk before
// anything is done for it.
func (g *Registry) accept(q Request, record store.Run) (*Run, *View, error) {
	if g.disk.low() {
		return nil, nil, errStorage
	}
	r := g.newRun(record)
	r.turn = q.Turn
	r.ticket = g.admission.enter(q.Client, r.changed.ring)
	r.warmUp()
	if err := g.enter(r); err != nil {
		_ = r.dismiss(nil) // there are no files yet but those of a process
		return nil, nil, err
	}
	files, view, err := g.persist(r)
	if err != nil {
		g.admission.leave(r.ticket)
		g.leave(r)
		return nil, nil, err
	}
	g.begin(r, func() Outcome { return r.live(files) })
	return r, view, nil
}

// persist makes the files of a new run, with a view of them, and its record, which comes
// last: who knows of the run by its record finds everything.
func (g *Registry) persist(r *Run) (*files, *View, error) {
	files, err := r.files()
	if err != nil {
		r.start.Over()
		return nil, nil, err
	}
	view, err := r.View(0)
	if err == nil {
		// Who asks may leave meanwhile: what has begun is brought to an end all the same.
		if err = r.insert(context.Background()); err == nil {
			return files, view, nil
		}
		view.Leave(ClientGone)
	}
	return nil, nil, errors.Join(err, r.dismiss(files))
}
