package run

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"spool/procman"
)

// launched is what a later server must know to go on with a run whose process it has not
// started: <data dir>/proc/<run id>/proc.json, written before the process gets its prompt.
type launched struct {
	Leader procman.Leader `json:"leader"`
	At     time.Time      `json:"at"`
	// Process is the id that it was started under, if that is not the run's own, for a run to
	// which a process was given that had served others. Its output begins at Base and ErrBase, and
	// Spent is what the process had taken before.
	Process string `json:"process,omitempty"`
	Base    int64  `json:"base,omitzero"`
	ErrBase int64  `json:"errBase,omitzero"`
	Spent   spent  `json:"spent,omitzero"`
}

func (o *output) launchedPath() string { return filepath.Join(o.dir, "proc.json") }

// writeLaunched writes it whole or not at all. It need not survive more than this program
// does: a machine that goes down takes the process with it.
func (o *output) writeLaunched(l launched) error {
	text, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode process: %w", err)
	}
	temporary := o.launchedPath() + ".new"
	if err := os.WriteFile(temporary, text, 0o600); err != nil {
		return fmt.Errorf("write process: %w", err)
	}
	return os.Rename(temporary, o.launchedPath())
}

// readLaunched reports false for a run whose process has not got its prompt.
func (o *output) readLaunched() (l launched, ok bool) {
	text, err := os.ReadFile(o.launchedPath())
	return l, err == nil && json.Unmarshal(text, &l) == nil
}
