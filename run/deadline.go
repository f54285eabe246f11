package run

import "time"

// Clients are warned of a deadline so long before: a part of all the time, at most maxLead.
const (
	leadPart = 10
	maxLead  = 30 * time.Second
)

// deadline is when a run is ended for taking too long. The zero deadline never comes.
type deadline struct {
	at        time.Time
	warn, due <-chan time.Time
}

// newDeadline returns the deadline of something that may take so long, and has left of
// that what is left.
func newDeadline(all, left time.Duration) deadline {
	lead := min(all/leadPart, maxLead)
	return deadline{at: time.Now().Add(left), warn: time.After(left - lead), due: time.After(left)}
}
