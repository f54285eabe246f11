package run

import (
	"spool/claude"
	"spool/schema"
)

// spent is what a process has taken up to a turn: its results add up over its life.
type spent struct {
	CostUSD float64                      `json:"costUsd,omitzero"`
	Models  map[string]claude.ModelUsage `json:"models,omitempty"`
}

// spentUntil is what a process had taken when it gave a result.
func spentUntil(result claude.Result) spent { return spent{result.CostUSD, result.ModelUsage} }

// models returns what each model took since.
func (s spent) models(now map[string]claude.ModelUsage) map[string]schema.Usage {
	var usage map[string]schema.Usage
	for model, all := range now {
		before := s.Models[model]
		took := schema.Usage{
			InputTokens: since(before.Input, all.Input), OutputTokens: since(before.Output, all.Output),
			CacheReadTokens: since(before.CacheRead, all.CacheRead), CacheCreationTokens: since(before.CacheCreation, all.CacheCreation),
			CostUSD: since(before.CostUSD, all.CostUSD),
		}
		if took == (schema.Usage{}) {
			continue
		}
		if usage == nil {
			usage = map[string]schema.Usage{}
		}
		usage[model] = took
	}
	return usage
}

// since returns how much a sum has grown. One that has become smaller began anew.
func since[N int64 | float64](before, now N) N {
	if now < before {
		return now
	}
	return now - before
}
