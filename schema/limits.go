package schema

import "unicode/utf8"

// Limits of what a client may send. Each names what it stops.
const (
	// MaxPromptBytes bounds the prompt, counted in UTF-8 bytes after JSON decoding.
	MaxPromptBytes = 8192
	// MaxMetaLength bounds meta, so that labels stay readable in logs and lists.
	MaxMetaLength = 64
	// MaxMessageBytes bounds one WebSocket message. A prompt in which every byte is
	// escaped (\u0001) needs six times its size, and that still fits.
	MaxMessageBytes = 64 << 10
	// MaxNesting bounds how deep objects and arrays may lie in each other: each level costs
	// the decoder hundreds of times the byte that the client pays for it.
	MaxNesting = 64
	// MaxOffences is how many frames a client may send while its run goes on before
	// it is cut with 1008: each of them costs the server an answer.
	MaxOffences = 4
	// MaxCloseReasonBytes is what a WebSocket close frame has room for (RFC 6455,
	// section 5.5: 125 bytes of control payload, two of them the code).
	MaxCloseReasonBytes = 123
)

// Truncate returns the first n bytes of text at most, whole characters of it.
func Truncate(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
