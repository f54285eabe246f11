package run

// mayGoOn reports whether the process may serve another turn of its conversation. One that has
// written very much is replaced by a new one that continues its session, and so is one with a
// budget: what it has spent on this turn would count against the next.
func (w *watch) mayGoOn() bool {
	g := w.run.registry
	return w.run.conversation != "" && !w.parting && w.living.wishes.MaxBudgetUSD == 0 && w.process.Stdin != nil && w.turn.Session != "" &&
		w.at < g.config.MaxOutput && min(int64(g.config.SessionIdle), g.config.SessionMemory) > 0 && g.atOnce.Err() == nil && g.keeper.open()
}

// part makes what there is now all of the run's output, and reports whether the process goes
// on without it. From the result on nothing that it writes is an answer to the prompt.
func (w *watch) part() bool {
	if reason := w.run.reason(); w.beyond || w.failed || w.living.ended() || reason != nil && reason.Limit {
		return false
	}
	end := w.files.closeWindow(w.run.registry.config.MaxOutput)
	w.lines.Limit(end)
	w.lookAll()
	if w.beyond || w.failed {
		return false
	}
	w.files.trim(w.at)
	w.living.goesOn = true
	return true
}

// unused reports whether a process that has served others was not given the prompt: somebody
// ended the run before that.
func (w *watch) unused() bool {
	return w.living.served > 0 && !w.prompted && !w.living.ended() && w.run.registry.atOnce.Err() == nil
}

// leave lets such a process go on as if there had been no run.
func (w *watch) leave() {
	w.files.closeWindow(0)
	w.living.goesOn, w.living.end = true, size(w.files.out)
}

// hand writes down what the next run must know of a process that goes on.
func (w *watch) hand() {
	l := w.living
	if !l.goesOn || w.turn.Result == nil {
		return
	}
	if l.served++; l.served == 1 {
		l.first, l.firstErr = w.files.written(), w.files.errWritten()
	}
	l.end, l.spent = w.at, spentUntil(*w.turn.Result)
	l.wishes.Session = w.turn.Session
	l.origin = l.origin.Worked(w.run.registry.snapshot(l.wishes))
}
