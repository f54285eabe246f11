// Package webhook delivers what a client may ask the server to send elsewhere: to addresses that
// the operator has named, and to no other.
//
// A delivery is one POST of a JSON body. Its header X-Spool-Signature is "t=SECONDS,v1=HEX": the
// time of this attempt, and the HMAC-SHA256 of "SECONDS.BODY" under the secret that both sides
// have. X-Spool-Delivery is the same for all attempts, so that a receiver can tell a repetition.
package webhook
