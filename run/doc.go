// Package run is a run: one prompt given to one process, from admission to the one outcome
// it has, whoever ends it.
//
//	queued ──> starting ──> running ──> succeeded | failed | aborted | timed_out | interrupted
//	                           ^│
//	                           │v
//	                        waiting
//
// The process writes its output into files; this package follows them to know when the turn
// has its result, and to keep limits. Whoever wants the output opens a [View], which
// follows the same files at its own pace and costs the run nothing.
//
// A run that has its place at once takes a process that has waited for it, if there is one
// ([Registry.KeepWarm]), and with it its files and its id. From then on it is like any other.
//
// A run that is a turn of a conversation leaves its process to the next one, whose output is
// then a window of what that process writes. It waits while somebody is asked whether the agent
// may use a tool: [Registry.Decide] is the answer.
//
// # What is kept
//
// A run's record is in the store before anybody is told of the run, the reason of a stop
// before the first signal, the outcome before viewers get the end. Output and records stay
// for as long as the operator says ([Registry.Retain]). [Registry.Sweep] deals with what a
// killed server has left: it adopts, completes or interrupts every run without an outcome.
//
// # Concurrency
//
// A run has one goroutine, which alone starts, judges and stops its process; [Run.Stop]
// from anywhere only tells it why. A View belongs to one goroutine. The [Registry] owns
// all runs, and the processes that conversations keep: [Registry.Drain] returns when the last
// one has ended. Decide and LetGo may be called from anywhere.
//
// # Errors
//
// Why a run was ended is recorded before anything is done about it, and never guessed from
// a process's exit status. What a client may see of it is a [schema.Error], without paths
// and with secrets masked.
package run
