package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
)

// ErrTruncated says that somebody has cut the file: a program that opens its own
// /dev/stdout for writing does. What stood there before the reader came is lost.
var ErrTruncated = errors.New("spool: the file was truncated")

// BufferSize is what one Reader keeps in memory, in bytes.
const BufferSize = 64 << 10

// Reader reads the lines of a file that may still grow.
type Reader struct {
	file   *os.File
	sealed *sealed // nil if the file is not
	index  *Index  // may be nil

	size int    // of the buffer
	buf  []byte // a window of the file, nil while it holds nothing …
	base int64  // … which starts at this offset …
	end  int    // … and holds so many bytes.
	scan int    // buf[:scan] holds no newline that was not handed out
	line int64  // number of the current line, which is not handed out yet
	from int64  // offset where it starts; below base if it is long

	after int64 // lines up to this number are passed over
	limit int64 // nothing at or behind this offset is read
	dry   bool  // the last reading came to the end of the file
}

// Open returns a Reader at the first line of the file at path.
func Open(path string) (*Reader, error) { return OpenAfter(path, 0, nil) }

// OpenAfter returns a Reader whose first line is number n+1. The index, which may be nil,
// saves reading the lines before it, and learns from this Reader. Lines up to n that the
// file does not have yet are awaited like any other.
func OpenAfter(path string, n int64, index *Index) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	r := newReader(file, BufferSize)
	r.index = index
	r.after = n
	r.line, r.base = index.before(n + 1)
	r.from = r.base
	if _, err := file.Seek(r.base, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("open spool: %w", err), file.Close())
	}
	return r, nil
}

// Limit makes the Reader take the first n bytes of the file for all of it. It is called
// before anything is read.
func (r *Reader) Limit(n int64) { r.limit = n }

func newReader(file *os.File, size int) *Reader {
	return &Reader{file: file, size: size, line: 1, limit: math.MaxInt64}
}

// Next returns the next whole line, or io.EOF if the file has none now. After io.EOF it
// may be called again, once the file may have grown. What is written between two calls may
// be found by the second call after it only: who is told of growth reads until io.EOF each
// time, and who knows that the file has ended calls [Reader.Refresh] first.
func (r *Reader) Next() (Line, error) {
	for {
		line, err := r.whole()
		if err != nil || line.N > r.after {
			return line, err
		}
	}
}

// whole returns the next line that ends with a newline.
func (r *Reader) whole() (Line, error) {
	for {
		if i := bytes.IndexByte(r.buf[r.scan:r.end], '\n'); i >= 0 {
			line := r.take(r.scan + i)
			r.from++ // the newline
			r.scan++
			r.index.learn(r.line, r.from)
			return line, nil
		}
		r.scan = r.end
		if err := r.fill(); err != nil {
			return Line{}, err
		}
	}
}

// Refresh has the next call look at the file itself, whatever the last reading has found.
func (r *Reader) Refresh() { r.dry = false }

// Rest returns what stands after the last newline, as a line, or io.EOF if nothing does.
// It is for the end of a file that grows no more.
func (r *Reader) Rest() (Line, error) {
	if err := r.sealed.damage(); err != nil {
		return Line{}, err
	}
	if r.base+int64(r.end) == r.from || r.line <= r.after {
		return Line{}, io.EOF
	}
	return r.take(r.end), nil
}

// take returns the line that ends before buf[to] and goes on to that place.
func (r *Reader) take(to int) Line {
	stop := r.base + int64(to)
	line := Line{N: r.line, Offset: r.from, Size: stop - r.from, file: r.source()}
	if r.from >= r.base {
		line.Bytes = r.buf[r.from-r.base : to]
	}
	r.line, r.from, r.scan = r.line+1, stop, to
	return line
}

// fill reads more of the file behind what the buffer must keep. A reading that did not fill
// the buffer came to the end of the file: what was written since is told by its growth, and
// asking again at once would cost as much as reading did.
func (r *Reader) fill() error {
	if r.dry {
		r.dry = false
		r.giveBack()
		return io.EOF
	}
	r.borrow()
	r.makeRoom()
	at := r.base + int64(r.end)
	room := r.buf[r.end:]
	room = room[:max(0, min(int64(len(room)), r.stop(at)-at))]
	n, err := r.read(room, at)
	r.end += n
	switch {
	case n > 0:
		r.dry = r.sealed == nil && n < len(room)
		return nil
	case err == nil: // the limit, or the end of what is sealed, is reached
		r.giveBack()
		return io.EOF
	case errors.Is(err, io.EOF):
		r.giveBack()
		return r.checkSize(at)
	default:
		return err
	}
}

// read reads what stands at offset, which is where the last reading ended.
func (r *Reader) read(p []byte, offset int64) (int, error) {
	if r.sealed != nil {
		return r.sealed.ReadAt(p, offset)
	}
	if len(p) == 0 {
		return 0, nil
	}
	return r.file.Read(p)
}

// source is where the bytes of a line are that is not in memory.
func (r *Reader) source() io.ReaderAt {
	if r.sealed != nil {
		return r.sealed
	}
	return r.file
}

// buffers are shared by all readers: one that has nothing to hand out needs none.
var buffers = sync.Pool{New: func() any { return new([BufferSize]byte) }}

// borrow gets a buffer, if there is none.
func (r *Reader) borrow() {
	switch {
	case r.buf != nil:
	case r.size == BufferSize:
		r.buf = buffers.Get().(*[BufferSize]byte)[:]
	default:
		r.buf = make([]byte, r.size)
	}
}

// giveBack gives the buffer back if nothing is in it that was not handed out. What was
// handed out is valid until this call only.
func (r *Reader) giveBack() {
	if r.size != BufferSize || r.from != r.base+int64(r.end) {
		return
	}
	r.base, r.end, r.scan = r.from, 0, 0
	buffers.Put((*[BufferSize]byte)(r.buf))
	r.buf = nil
}

// stop returns where reading at offset must stop.
func (r *Reader) stop(offset int64) int64 {
	if r.sealed == nil {
		return r.limit
	}
	return min(r.limit, r.sealed.until(offset))
}

// checkSize returns io.EOF, or ErrTruncated if the file is shorter than what was read of it.
func (r *Reader) checkSize(read int64) error {
	info, err := r.file.Stat()
	if err == nil && info.Size() < read {
		return ErrTruncated
	}
	if err != nil {
		return err
	}
	return io.EOF
}

// Rewind starts again at the beginning of the file, of which nothing is known any more.
// Lines are counted on.
func (r *Reader) Rewind() {
	r.base, r.from, r.end, r.scan, r.dry = 0, 0, 0, 0, false
	_, _ = r.file.Seek(0, io.SeekStart) // reading tells what is wrong with the file
}

// forget drops what was not handed out yet: a file that has turned out to be damaged since
// is not read any further. It spares Next asking for that at every line.
func (r *Reader) forget() { r.end = r.scan }

// makeRoom drops what was handed out. A line that alone fills the buffer is dropped too:
// from then on it is a place in the file.
func (r *Reader) makeRoom() {
	keep := int(max(r.from-r.base, 0)) // where the current line starts in the buffer
	switch {
	case r.from < r.base, keep == 0 && r.end == len(r.buf):
		keep = r.end
	case keep < r.end && r.end < len(r.buf):
		return // there is room behind it
	}
	copy(r.buf, r.buf[keep:r.end])
	r.base += int64(keep)
	r.end -= keep
	r.scan -= keep
}

// Close closes the file.
func (r *Reader) Close() error {
	if r.sealed == nil {
		return r.file.Close()
	}
	return errors.Join(r.file.Close(), r.sealed.sums.Close())
}
