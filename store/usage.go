package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"spool/schema"
)

const (
	usageColumns = `run, user_name, conversation, meta, model, ended_ms, day,
		input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens, turns, cost_usd`
	insertUsage = `INSERT INTO usage (` + usageColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	usageSums   = `count(DISTINCT run), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_creation_tokens), sum(turns), sum(cost_usd)`
)

// UsageFilter says whose and which usage is asked for, and what is told apart; what is left at its zero value
// lets all pass. From and To are times of runs' ends, To the first that is not asked for.
type UsageFilter struct {
	User                      string
	By                        []string // of day, model, conversation and meta
	From, To                  time.Time
	Conversation, Meta, Model string
}

// account writes down what a run took that has ended: for each model, or in all if its record
// does not tell them apart. It is read by [Store.Usage], and stays when the run is forgotten.
func account(tx transaction, run *Run) error {
	if !run.State.Final() {
		return nil
	}
	for model, u := range byModel(run) {
		_, err := tx.exec(insertUsage, run.ID, run.User, run.Conversation, run.Meta, model,
			run.EndedAt.UnixMilli(), run.EndedAt.UTC().Format(time.DateOnly),
			u.InputTokens, u.OutputTokens, u.CacheReadTokens, u.CacheCreationTokens, u.Turns, u.CostUSD)
		if err != nil {
			return err
		}
	}
	return nil
}

// byModel returns what a run took of each model. The agent counts turns in all: they go to the model
// that wrote most.
func byModel(run *Run) map[string]schema.Usage {
	if len(run.ModelUsage) == 0 {
		if run.Usage == nil {
			return nil
		}
		return map[string]schema.Usage{"": *run.Usage}
	}
	usage, most, turns := maps.Clone(run.ModelUsage), "", int64(0)
	for _, model := range slices.Sorted(maps.Keys(usage)) {
		turns += usage[model].Turns
		if most == "" || usage[model].OutputTokens > usage[most].OutputTokens {
			most = model
		}
	}
	if run.Usage != nil && turns == 0 {
		u := usage[most]
		u.Turns = run.Usage.Turns
		usage[most] = u
	}
	return usage
}

// Usage returns what the runs took that a filter lets pass, added up for each combination of what it
// tells apart, in the order of that; in one row if it tells nothing apart, in none if there is nothing.
func (s *Store) Usage(ctx context.Context, filter UsageFilter) ([]schema.UsageRow, error) {
	query, args, err := filter.query()
	if err != nil {
		return nil, err
	}
	rows, err := s.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("add up usage: %w", s.reading(ctx, err))
	}
	defer rows.Close()
	list := []schema.UsageRow{}
	for rows.Next() {
		var r schema.UsageRow
		into := append(filter.keys(&r), &r.Runs, &r.InputTokens, &r.OutputTokens, &r.CacheReadTokens, &r.CacheCreationTokens, &r.Turns, &r.CostUSD)
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("add up usage: %w", s.reading(ctx, err))
		}
		list = append(list, r)
	}
	return list, s.reading(ctx, rows.Err())
}

// usageKeys are what can be told apart, which are columns, and where they go in a row.
var usageKeys = map[string]func(*schema.UsageRow) any{
	"day":          func(r *schema.UsageRow) any { return &r.Day },
	"model":        func(r *schema.UsageRow) any { return &r.Model },
	"conversation": func(r *schema.UsageRow) any { return &r.Conversation },
	"meta":         func(r *schema.UsageRow) any { return &r.Meta },
}

// keys returns where the values go that a filter tells apart.
func (f UsageFilter) keys(r *schema.UsageRow) []any {
	into := []any{}
	for _, key := range f.By {
		into = append(into, usageKeys[key](r))
	}
	return into
}

// query returns the statement that a filter stands for.
func (f UsageFilter) query() (string, []any, error) {
	for i, key := range f.By {
		if usageKeys[key] == nil || slices.Contains(f.By[:i], key) {
			return "", nil, fmt.Errorf("usage cannot be told apart by %q", f.By)
		}
	}
	var w where
	w.text("user_name =", f.User)
	w.text("conversation =", f.Conversation)
	w.text("meta =", f.Meta)
	w.text("model =", f.Model)
	if !f.From.IsZero() {
		w.and("ended_ms >=", f.From.UnixMilli())
	}
	if !f.To.IsZero() {
		w.and("ended_ms <", f.To.UnixMilli())
	}
	if len(f.By) == 0 {
		return `SELECT ` + usageSums + ` FROM usage` + w.String() + ` HAVING count(*) > 0`, w.args, nil
	}
	by := strings.Join(f.By, ", ")
	return `SELECT ` + by + `, ` + usageSums + ` FROM usage` + w.String() + ` GROUP BY ` + by + ` ORDER BY ` + by, w.args, nil
}
