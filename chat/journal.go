package chat

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"

	"spool/schema"
	"spool/spool"
)

// journal is the frames of a conversation, from its first one on: a file in which line n is the
// frame with seq n and its checksum. One goroutine at a time appends, any number follow.
type journal struct {
	path, epoch string
	index       spool.Index

	mu        sync.Mutex
	writer    *spool.Writer              // guarded by mu; nil until something is appended
	last      int64                      // guarded by mu: the last seq
	ended     string                     // guarded by mu: the last run whose end is in here
	followers map[*Subscription]struct{} // guarded by mu
}

// newEpoch returns what tells a journal from every other one.
func newEpoch() string { return strings.ToLower(rand.Text()) }

// journalPath is where a conversation's journal is. Its epoch is in the name, so that a lost file
// is never taken up again with numbers that clients have seen.
func journalPath(dir, conversation, epoch string) string {
	return filepath.Join(dir, conversation+"."+epoch)
}

// createJournal makes an empty journal.
func createJournal(dir, conversation, epoch string) error {
	file, err := spool.Create(journalPath(dir, conversation, epoch))
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), spool.SyncDir(dir))
}

// removeJournals removes the journals of conversations that are gone, or were never made: an earlier server was killed
// before it came to that.
func (s *Service) removeJournals(ctx context.Context) error {
	ids, err := s.store.ConversationIDs(ctx)
	if err != nil {
		return err
	}
	files, err := os.ReadDir(s.journalDir())
	slices.Sort(ids)
	for _, file := range files {
		id, _, _ := strings.Cut(file.Name(), ".")
		if _, known := slices.BinarySearch(ids, id); !known && schema.ConversationID.MatchString(id) {
			err = errors.Join(err, os.Remove(filepath.Join(s.journalDir(), file.Name())))
		}
	}
	return err
}

// openJournal opens a journal that was made. The error is os.ErrNotExist or errDamaged if it
// cannot be gone on with.
func openJournal(dir, conversation, epoch string) (*journal, error) {
	j := &journal{path: journalPath(dir, conversation, epoch), epoch: epoch, followers: map[*Subscription]struct{}{}}
	line, err := spool.Last(j.path)
	if err != nil || line == nil {
		return j, err
	}
	frame, err := readEntry(line)
	if err != nil {
		return nil, err
	}
	j.last = frame.Seq
	j.noteEnd(frame)
	return j, nil
}

// lastSeq returns the seq of the last frame, 0 if there is none.
func (j *journal) lastSeq() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last
}

// state returns the last seq, and whether the end of a run is in the journal by then.
func (j *journal) state(runID string) (last int64, ended bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.last, j.ended == runID
}

// noteEnd takes note of a frame that ends a run. Requires mu, if others have the journal.
func (j *journal) noteEnd(f schema.ChatFrame) {
	if f.Kind == schema.KindComplete {
		j.ended = f.RunID
	}
}

// append numbers frames, writes them and tells the followers. Nothing is changed by an error.
func (j *journal) append(frames []schema.ChatFrame) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(frames) == 0 {
		return nil
	}
	var err error
	if j.writer == nil {
		if j.writer, err = spool.OpenWriter(j.path, math.MaxInt64); err != nil {
			return err
		}
	}
	var lines []byte
	for i := range frames {
		frames[i].Seq = j.last + int64(i) + 1
		frames[i].ID = frames[i].SessionID + ":" + strconv.FormatInt(frames[i].Seq, 10)
		lines = append(appendEntry(lines, schema.Encode(frames[i])), '\n')
	}
	if err := j.writer.AppendAll(lines); err != nil {
		return err
	}
	j.last += int64(len(frames))
	j.noteEnd(frames[len(frames)-1])
	for s := range j.followers {
		s.notify()
	}
	return nil
}

// sync returns when everything appended is on disk.
func (j *journal) sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.writer == nil {
		return nil
	}
	return j.writer.Sync()
}

// close closes the file for appending; a later append opens it again.
func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.writer == nil {
		return nil
	}
	err := j.writer.Close()
	j.writer = nil
	return err
}

// sumSize is how many bytes stand behind a frame in the file: a tab, and the CRC-32C of the frame
// in hex.
const sumSize = 9

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged says that a journal is not what was written.
var errDamaged = fmt.Errorf("chat: the journal: %w", spool.ErrDamaged)

func appendEntry(to, frame []byte) []byte {
	to = append(append(to, frame...), '\t')
	sum := strconv.FormatUint(uint64(crc32.Checksum(frame, castagnoli)), 16)
	return append(append(to, "00000000"[len(sum):]...), sum...)
}

// entry returns the frame of a line, exactly as it was sent.
func entry(line []byte) ([]byte, error) {
	size := len(line) - sumSize
	if size < 0 || !bytes.Equal(appendEntry(nil, line[:size]), line) {
		return nil, errDamaged
	}
	return line[:size], nil
}

// readEntry returns what the frame of a line says.
func readEntry(line []byte) (frame schema.ChatFrame, err error) {
	text, err := entry(line)
	if err != nil {
		return frame, err
	}
	if err := json.Unmarshal(text, &frame); err != nil {
		return frame, fmt.Errorf("%w: %w", errDamaged, err)
	}
	return frame, nil
}
