package schema

// Error is a failure that a client may see: a code for programs and a text for people.
// Its text never holds a path, a secret or a prompt.
type Error struct {
	Text string `json:"error"`
	Code Code   `json:"code"`
}

// NewError returns the error that a client sees as {"error":text,"code":code}.
func NewError(code Code, text string) *Error { return &Error{Text: text, Code: code} }

func (e *Error) Error() string { return string(e.Code) + ": " + e.Text }

// Is reports whether target is an *Error of the same code.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}
