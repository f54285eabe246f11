package spool

import "bytes"

// Batch is whole lines that follow each other.
type Batch struct {
	// N is the number of the first line, Count how many there are.
	N, Count int64
	// Offset is where the first line's first byte stands in the file.
	Offset int64
	// Bytes are the lines, each with its newline. They are valid until the reader's next call.
	Bytes []byte
}

// Batch returns all lines of which the next calls of Next would return one each, as far as
// they are in memory. It is empty if there are none: then Next reads on.
func (r *Reader) Batch() Batch {
	if r.line <= r.after || r.from < r.base {
		return Batch{}
	}
	start := int(r.from - r.base)
	lines := r.buf[start : start+bytes.LastIndexByte(r.buf[start:r.end], '\n')+1]
	b := Batch{N: r.line, Count: int64(bytes.Count(lines, []byte{'\n'})), Offset: r.from, Bytes: lines}
	r.line += b.Count
	r.from += int64(len(lines))
	r.scan = max(r.scan, start+len(lines))
	if b.Count > 0 {
		r.index.learn(r.line, r.from)
	}
	return b
}

// Lines yields each of the lines.
func (b Batch) Lines(yield func(Line) bool) {
	for n, at := b.N, 0; at < len(b.Bytes); n++ {
		size := bytes.IndexByte(b.Bytes[at:], '\n')
		line := Line{N: n, Offset: b.Offset + int64(at), Size: int64(size), Bytes: b.Bytes[at : at+size]}
		if !yield(line) {
			return
		}
		at += size + 1
	}
}
