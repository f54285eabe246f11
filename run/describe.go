package run

import (
	"errors"
	"strings"

	"spool/claude"
	"spool/schema"
	"spool/store"
)

// describe writes what the output tells into the run's record, and seals the output.
func (w *watch) describe() {
	copied, err := w.seal()
	if err != nil {
		w.run.log.Error("seal output", "error", err)
	}
	w.run.change(func(record *store.Run) {
		record.OutputGone = !copied
		record.Lines, record.OutputBytes, record.StderrBytes = w.count, w.files.written(), w.files.errWritten()
		record.Session, record.UUID, record.Sealed = w.turn.Session, w.turn.UUID, err == nil
		if result := w.turn.Result; result != nil {
			describeResult(&record.Run, *result, w.living.spent)
		}
	})
}

// seal seals the output, after it was copied if it is a window of a process's: without a copy
// there is nothing to keep.
func (w *watch) seal() (copied bool, err error) {
	most := w.run.registry.config.MaxOutput
	if w.living.id == w.run.ID {
		return true, w.files.seal(most)
	}
	if err := w.files.copyTo(&w.run.output); err != nil {
		return false, err
	}
	own, err := w.run.output.open(0)
	if err != nil {
		return false, err
	}
	return true, errors.Join(own.seal(most), own.close())
}

// describeResult writes the agent's answer into what is told of the run. The process may have
// spent something before.
func describeResult(info *schema.Run, result claude.Result, before spent) {
	text := strings.ToValidUTF8(schema.Truncate(result.Text, schema.MaxResultBytes), "\uFFFD")
	info.Result, info.ResultCut = &text, text != result.Text
	info.Usage = &schema.Usage{
		InputTokens: result.Usage.Input, OutputTokens: result.Usage.Output,
		CacheReadTokens: result.Usage.CacheRead, CacheCreationTokens: result.Usage.CacheCreation,
		Turns: result.Turns, CostUSD: since(before.CostUSD, result.CostUSD),
	}
	info.ModelUsage = before.models(result.ModelUsage)
}
