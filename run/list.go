package run

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"spool/schema"
	"spool/store"
)

// errNotFound is the answer for every run that is not there for who asks.
var errNotFound = schema.NewError(schema.NotFound, "there is no such run")

// Open returns a run that goes on or has ended. The error is a [*schema.Error]: NOT_FOUND
// or INTERNAL.
func (g *Registry) Open(ctx context.Context, id string) (*Run, error) {
	if !schema.RunID.MatchString(id) {
		return nil, errNotFound
	}
	for range 2 { // it may begin before the record is read, and end after
		if r := g.running(id); r != nil && r.accepted.Load() {
			return r, nil
		}
		record, err := g.store.Run(ctx, id)
		if err != nil {
			return nil, g.unread(ctx, id, err)
		}
		if record.State.Final() {
			return g.pastRun(record), nil
		}
		if r := g.running(id); r != nil { // it was just accepted
			return r, nil
		}
	}
	return nil, errNotFound
}

// unread returns what a client is told of a record that could not be read.
func (g *Registry) unread(ctx context.Context, id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errNotFound
	}
	if ctx.Err() == nil { // else it is who asks that has left
		g.log.Error("read run", "run", id, "error", err)
	}
	return schema.NewError(schema.Internal, "the server cannot read that run; its log has the cause")
}

// running returns a run that goes on, or nil.
func (g *Registry) running(id string) *Run {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.runs[id]
}

// Filter says which runs to list.
type Filter struct {
	Meta   string       // "" is any
	State  schema.State // "" is any
	Before string       // the id of a run: only those that came before it; "" is all
	Limit  int
}

// List returns runs, the newest first. The error is a [*schema.Error].
func (g *Registry) List(ctx context.Context, f Filter) (schema.RunList, error) {
	list, err := g.list(ctx, f)
	if errors.Is(err, store.ErrNotFound) {
		return schema.RunList{}, schema.NewError(schema.BadRequest, "before: there is no such run")
	}
	if err != nil && !errors.Is(err, store.ErrDamaged) {
		g.log.Error("list runs", "error", err)
		return schema.RunList{}, schema.NewError(schema.Internal, "the server cannot list the runs; its log has the cause")
	}
	if err != nil {
		g.log.Error("list runs: some are left out", "error", err)
	}
	for i := range list {
		shorten(&list[i])
	}
	answer := schema.RunList{Runs: list}
	if len(list) == f.Limit {
		answer.Next = list[len(list)-1].ID
	}
	return answer, nil
}

// maxListed is how many bytes of an answer a list shows.
const maxListed = 1 << 10

// shorten cuts the answer for a list, which would be as long as all answers together.
func shorten(r *schema.Run) {
	if r.Result == nil || len(*r.Result) <= maxListed {
		return
	}
	text := schema.Truncate(*r.Result, maxListed)
	r.Result, r.ResultCut = &text, true
}

// list asks those that go on themselves: what they are doing is not in the store.
func (g *Registry) list(ctx context.Context, f Filter) ([]schema.Run, error) {
	if f.State != "" && !f.State.Final() {
		return g.live(ctx, f)
	}
	records, err := g.store.Runs(ctx, store.Filter{Meta: f.Meta, State: f.State, Before: f.Before, Limit: f.Limit})
	list := make([]schema.Run, 0, len(records))
	for _, record := range records {
		if r := g.running(record.ID); r != nil && f.State == "" {
			record.Run = r.Info()
		}
		list = append(list, record.Run)
	}
	return list, err
}

// live lists runs that go on.
func (g *Registry) live(ctx context.Context, f Filter) ([]schema.Run, error) {
	list := g.goingOn(func(r schema.Run) bool { return r.State == f.State && (f.Meta == "" || f.Meta == r.Meta) })
	if f.Before != "" { // it may have ended since
		before, err := g.store.Run(ctx, f.Before)
		if err != nil {
			return nil, err
		}
		list = slices.DeleteFunc(list, func(r schema.Run) bool { return newestFirst(r, before.Run) <= 0 })
	}
	slices.SortFunc(list, newestFirst)
	return list[:min(len(list), f.Limit)], nil
}

// goingOn returns the runs that go on and that which accepts.
func (g *Registry) goingOn(which func(schema.Run) bool) []schema.Run {
	g.mu.Lock()
	defer g.mu.Unlock()
	list := []schema.Run{}
	for _, r := range g.runs {
		if info := r.Info(); r.accepted.Load() && which(info) {
			list = append(list, info)
		}
	}
	return list
}

func newestFirst(a, b schema.Run) int {
	return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
}
