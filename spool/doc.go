// Package spool keeps line files: append-only files that one side writes and any number
// of others follow, each from its own place. It knows nothing of processes or sockets.
//
//	writer ──append──> file ──Next──> Reader (line 17)
//	                    │  └──Next──> Reader (line 3)
//	                    └──inotify──> Watcher ──> "it has grown"
//
// A line is what stands before a newline; its bytes are free. Lines are numbered from 1.
// The number of the last line that a reader has is its cursor: [OpenAfter] goes on there.
//
// # Concurrency
//
// A file has one writer, which may be another process that was handed the file opened by
// [Create]. A [Reader] belongs to one goroutine. [Index] and [Watcher] may be shared.
//
// # Limits
//
// A Reader holds one buffer of [BufferSize] bytes, whatever the length of a line: a longer
// line is handed out as a place in the file, to be copied from there. A [Writer] refuses
// to grow its file beyond its limit.
package spool
