// Package schema is the wire: what clients send, what they get, and the limits, error
// codes and close codes between them. It holds no logic besides decoding and validation,
// and imports nothing of Spool, so that every other package may use it.
//
// # Errors
//
// Whatever a client can see of a failure is an [*Error]. [Code.Close] is the one place
// that maps a code to the WebSocket close status that follows it.
package schema
