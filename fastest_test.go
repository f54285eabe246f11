package main

import "time"

// fastest returns how long something takes, at best: it is done until that is below a limit, five
// times at most, because others use this machine too. What must hold each time is checked by once.
func fastest(limit time.Duration, once func() time.Duration) time.Duration {
	best := once()
	for n := 1; n < 5 && best >= limit; n++ {
		best = min(best, once())
	}
	return best
}
