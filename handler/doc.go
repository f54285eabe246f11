// Package handler is the doors: HTTP routes, the WebSocket upgrade, and what is said on a
// socket. It is the only package that knows Fiber, fasthttp and the WebSocket library.
//
//	request ──> gate (Host, Origin) ──> route
//	                                      └─ upgrade ──> session: one reader, one writer
//	                                                       ├─ run.Submit, run.View ──────────> frames ──> wire
//	                                                       └─ chat.Send, chat.Subscription ──> frames ──> wire
//
// # Concurrency
//
// The WebSocket library hands connections out of pools and takes them back when the
// handler returns: whoever still held one would write to somebody else's client. So a
// connection never leaves its [session], and the handler returns only after every
// goroutine of the session has ended. Runs never see a connection.
//
// A chat socket's writer is told what happens elsewhere by its [inbox], in which nobody waits.
//
// What comes in is read by the library. What goes out is gathered as [frames] and written to
// the [wire], which the session's writer, its reader and its pings use in turn.
//
// # Limits
//
// Headers 16 KiB and 8 seconds, messages [schema.MaxMessageBytes], sockets as configured.
// A client that takes nothing for the stall timeout is cut. A chat socket follows
// [maxSubscriptions] conversations, and is read no faster than it is served.
//
// # Errors
//
// Every HTTP error is {"error":…,"code":…}; on a socket such a frame comes before the close
// frame. The chat socket answers in the vocabulary in which it was asked, and stays open.
// Panics are logged and told as INTERNAL, never in their own words.
package handler
