package store

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOneFailureOfABatchIsItsOwn(t *testing.T) {
	t.Parallel()
	s := openNew(t)
	broken := errors.New("the disk has no place for this one")
	runs := []Run{by(s, newRun()), by(s, newRun()), by(s, newRun())}
	batch := make([]change, len(runs))
	for i, run := range runs {
		row, err := encode(run)
		require.NoError(t, err)
		batch[i] = change{result: make(chan error, 1), work: func(tx transaction) error {
			if err := insert(tx, row); err != nil || i != 1 {
				return err
			}
			return broken // after it has changed something
		}}
	}
	s.writer.commit(batch)
	for i, c := range batch {
		if err := <-c.result; i == 1 {
			require.ErrorIs(t, err, broken)
		} else {
			require.NoError(t, err)
		}
	}
	requireAll(t, s, []Run{runs[0], runs[2]})
}

func TestChangesThatWaitShareATransaction(t *testing.T) {
	t.Parallel()
	w := &writer{queue: make(chan change, maxBatch)}
	for range maxBatch {
		w.queue <- change{}
	}
	require.Len(t, w.collect(change{}), maxBatch)
	require.Len(t, w.collect(change{}), 2, "the one that was left, and the new one")
	close(w.queue)
	require.Len(t, w.collect(change{}), 1)
}
