// Package chat is conversations: messages that form a tree, turns that are runs, and a journal
// of everything that happened, in one order for all who look.
//
//	Send ──> one transaction: message, head, run ──> the run's lines ──> frames ──> journal ──> subscribers
//
// # The tree
//
// A message's id is the SHA-256 of its role, its content and the id of the message before it.
// A conversation is a head; going back from that to the root gives its messages. To begin at
// another message than the head is a branch, within the conversation or in a new one. What a
// message's id does not say, its run, its time and the agent's session, each conversation has of its own.
//
// # The agent's sessions
//
// The agent keeps sessions of its own, and a process as long as it is used. What a turn needs is
// decided by [plan] alone: going on with the session, a copy of it up to some answer, or a new
// session that is told what was said before.
//
// # The journal
//
// One goroutine at a time writes it: the one that follows the conversation's run. A frame says
// which line of the run's output it came from, so that a server that goes on after a crash
// continues at that line. What came from no line can be had from the run's record. A turn is over
// for the conversation's record before the journal says so, and is only forgotten after that:
// [Service.Resume] finds what is missing by [store.Conversation.Active].
//
// # Concurrency
//
// A [Service] may be used from any goroutine; a conversation decides under its own lock. A
// [Subscription] belongs to one goroutine.
package chat
