package run

import (
	"strings"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

// describe writes what the output tells into the run's record, and seals the output.
func (w *watch) describe() {
	err := w.files.seal(w.run.registry.config.MaxOutput)
	if err != nil {
		w.run.log.Error("seal output", "error", err)
	}
	w.run.change(func(record *store.Run) {
		record.Lines, record.OutputBytes, record.StderrBytes = w.count, size(w.files.out), size(w.files.err)
		record.Session, record.Sealed = w.turn.Session, err == nil
		if result := w.turn.Result; result != nil {
			describeResult(&record.Run, *result)
		}
	})
}

// describeResult writes the agent's answer into what is told of the run.
func describeResult(info *schema.Run, result claude.Result) {
	text := strings.ToValidUTF8(schema.Truncate(result.Text, schema.MaxResultBytes), "\uFFFD")
	info.Result, info.ResultCut = &text, text != result.Text
	info.Usage = &schema.Usage{
		InputTokens: result.Usage.Input, OutputTokens: result.Usage.Output,
		CacheReadTokens: result.Usage.CacheRead, CacheCreationTokens: result.Usage.CacheCreation,
		Turns: result.Turns, CostUSD: result.CostUSD,
	}
}
