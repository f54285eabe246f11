// Package store keeps the records of runs in one SQLite database file, so that they outlive
// the server: who asked for what, how far it came, and how it ended. The output of a run is
// not here: it is in files of its own.
//
//	Insert, Update, … ──> queue ──> one writer ── one transaction for up to 256 ──> spool.db
//	Run, Runs, …      <── readers in a pool of their own <─────────────────────────────┘
//
// A record is one JSON document, the columns it is searched by, and a SHA-256 sum over all of
// it, which is checked whenever the record is read: a flipped bit is reported, never served.
// What has ended stays as it is: a second end is refused, whoever brings it.
//
// Every opening is an epoch of its own. A record carries the epoch of the server that last
// wrote it, and a server of an earlier epoch cannot change it any more.
//
// # Concurrency
//
// All methods may be called from any goroutine. A change returns when it is on disk, or not
// made; one that was waited for no longer, because the context ended, may still be made.
// Whoever reads after a change has returned sees it. Changes of many goroutines share one
// transaction, and each is told its own result.
//
// # Limits
//
// Opening reads the whole file to check it: about a second for 100,000 records. A bit that has
// flipped in the write-ahead log of a server that was killed is found, except in its last two
// transactions, where it looks like what a power cut leaves and takes them along. The file does
// not shrink: what [Store.Forget] frees is used again.
//
// Two servers may have the file open at once. Their epochs keep them apart, but the earlier one
// learns of it only when it changes a record, so whoever starts a server locks the directory.
//
// # Errors
//
// [ErrNotFound], [ErrFinal], [ErrFenced] and [ErrKeyTaken] are answers: nothing was changed.
// [ErrFull] says that the disk is full: nothing was changed, and the same call works once
// there is room. [ErrDamaged] names records, or the file, that are not what was written.
// [ErrNewer] says that a later version of Spool has written the file: it is left untouched.
// Whatever else a call fails with is a fault of the disk or the system; after a failed change
// the record is as it was before.
package store
