// Package store keeps the records of runs, conversations and approvals in one SQLite database
// file, so that they outlive the server: who asked for what, how far it came, how it ended, and
// what was said. The output of a run is not here: it is in files of its own.
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
// # Conversations
//
// What was said is a tree of messages for each user. A message's id is the sum of its role, its text and
// its parent, so the same history is there once, however many conversations begin with it. What a message's id does
// not say, its run, its time and where the agent has it, is each conversation's own.
//
//	conversation ── head ──> message ── parent ──> message ── parent ──> … root
//	             └─ members: all that were ever in it, in all branches, and how each came about there
//
// A message is deleted with the last conversation that has it. A turn is a run that answers in a conversation:
// one transaction begins it ([Store.InsertTurn]), and another one ends it ([Store.EndTurn]).
//
// Everything of a conversation is asked for with its user, and nobody gets what another user has.
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
// not shrink: what [Store.Forget] and [Store.DeleteConversation] free is used again. What runs took, and the index of
// words for [Store.Search], have no sums: a flipped bit there shows only if it breaks the file's form.
//
// Two servers may have the file open at once. Their epochs keep them apart, but the earlier one
// learns of it only when it changes a record, so whoever starts a server locks the directory.
//
// # Errors
//
// [ErrNotFound], [ErrFinal], [ErrFenced], [ErrKeyTaken], [ErrMoved] and [ErrActive] are answers: nothing was changed.
// [ErrFull] says that the disk is full: nothing was changed, and the same call works once
// there is room. [ErrDamaged] names records, or the file, that are not what was written.
// [ErrNewer] says that a later version of Spool has written the file: it is left untouched.
// Whatever else a call fails with is a fault of the disk or the system; after a failed change
// the record is as it was before.
package store
