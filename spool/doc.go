// Package spool keeps line files: append-only files that one side writes and any number
// of others follow, each from its own place. It knows nothing of processes or sockets.
//
//	writer ──append──> file ──Next──> Reader (line 17)
//	                    │  └──Next──> Reader (line 3)
//	                    └──inotify──> Watcher ──> "it has grown"
//
// A line is what stands before a newline; its bytes are free. Lines are numbered from 1.
// The number of the last line that a reader has is its cursor: [OpenAfter] goes on there. Who
// wants many lines at once takes a [Batch] of those that are in memory.
//
// A file that grows no more may be sealed: [Seal] puts checksums beside it, and a Reader of
// [OpenSealed] compares all that it reads with them.
//
//	file ──Seal──> file.sum ──OpenSealed──> Reader, or ErrDamaged
//
// # Concurrency
//
// A file has one writer, which may be another process that was handed the file opened by
// [Create]. A [Reader] belongs to one goroutine, and so do the long lines of a sealed file,
// which are read through it. A file may be sealed while it is read. [Index] and [Watcher]
// may be shared.
//
// # Errors
//
// [io.EOF] means that there is nothing more now, [ErrTruncated] that somebody has cut a file
// under its reader. [ErrDamaged] means that a sealed file is not what it was: a bit has
// flipped, an end is missing, the checksums are gone. Lines before the damaged block are
// handed out, and lines that reach into it never are; the error stays. A long line is read
// again when it is copied: damage since then is an error of that copy. A file that cannot be
// read is no ErrDamaged but the system's error, and may be tried again. Checksums show
// accidents; they prove nothing against somebody who writes new ones.
//
// # Limits
//
// A Reader holds one buffer of [BufferSize] bytes, whatever the length of a line, and none
// while it waits for more: a longer line is handed out as a place in the file, to be copied
// from there. Of a sealed file it
// holds one block of [BlockSize] bytes besides, and a second open file. A [Writer] refuses to
// grow its file beyond its limit.
package spool
