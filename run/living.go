package run

import (
	"cmp"
	"errors"
	"io"
	"time"

	"spool/claude"
	"spool/procman"
	"spool/spool"
)

// living is a process of the CLI and its files. That of a conversation may serve several runs,
// one after the other.
type living struct {
	id           string // of the run that started it: its directory and its marker
	conversation string // "" if it serves one run alone
	process      *procman.Process
	files        *files          // as the run sees them that it serves
	wishes       claude.Wishes   // what it was started with, and set to since
	origin       claude.Snapshot // what it was started from, and has worked with since
	spent        spent           // until its latest result
	served       int             // how many runs

	// Once its first run has ended: how much of its files is that one's. The rest is cut off
	// when it has ended itself.
	first, firstErr int64
	end             int64           // of stdout when its latest run ended
	last            <-chan struct{} // closed when its latest run has ended
	goesOn          bool            // its latest run has ended, and it has not
	idle            idle            // of the keeper, as long as it has the process
}

// ended reports whether it can serve nothing any more.
func (l *living) ended() bool {
	select {
	case <-l.process.Exited():
		return true
	case <-l.process.Overrun():
		return true
	default:
		return false
	}
}

// suits reports whether it can serve a run with these wishes, when those that can be changed
// were. One that has written since its result takes turns by itself, because it has tasks in
// the background.
func (l *living) suits(w claude.Wishes) bool {
	return !l.ended() && size(l.files.out) == l.end && w.Session != "" && !w.Fork && fixed(w) == fixed(l.wishes)
}

// fixed is the wishes without those that can be changed while a process lives.
func fixed(w claude.Wishes) claude.Wishes {
	w.Model, w.PermissionMode, w.Fork, w.At = "", "", false, ""
	return w
}

// controlPatience is how long a process that waits for its prompt may take to change a setting.
const controlPatience = 5 * time.Second

// set has it work with another model and permission mode, if the wishes are for others, and
// reports whether it does.
func (l *living) set(agent *claude.Agent, watcher *spool.Watcher, w claude.Wishes) bool {
	growth, err := watcher.Watch(l.files.dir)
	if err != nil {
		return false
	}
	defer growth.Stop()
	open, err := l.ask(agent, w)
	if err != nil {
		return false
	}
	answers, err := newWindow(l.files.dir, l.end, 0).reader(l.files.stdout(), 0, false)
	if err != nil {
		return false
	}
	defer answers.Close()
	l.wishes.Model, l.wishes.PermissionMode = w.Model, w.PermissionMode
	return l.awaitAnswers(answers, growth, open)
}

// ask sends what has to be changed, and returns the ids of the requests.
func (l *living) ask(agent *claude.Agent, w claude.Wishes) (open []string, err error) {
	if model := cmp.Or(w.Model, agent.Options.Model); model != cmp.Or(l.wishes.Model, agent.Options.Model) {
		id, err := agent.SetModel(l.process, model)
		if open = append(open, id); err != nil {
			return nil, err
		}
	}
	if mode := permissionMode(agent, w); mode != permissionMode(agent, l.wishes) {
		id, err := agent.SetPermissionMode(l.process, mode)
		if open = append(open, id); err != nil {
			return nil, err
		}
	}
	return open, nil
}

// permissionMode is the mode that wishes stand for.
func permissionMode(agent *claude.Agent, w claude.Wishes) string {
	return cmp.Or(w.PermissionMode, agent.Options.PermissionMode, "default")
}

// awaitAnswers reads until all requests are answered, and reports whether all were granted.
func (l *living) awaitAnswers(lines *spool.Reader, growth *spool.Growth, open []string) bool {
	patience := time.NewTimer(controlPatience)
	defer patience.Stop()
	for len(open) > 0 {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			select {
			case <-growth.C:
				continue
			case <-l.process.Exited():
			case <-patience.C:
			}
			return false
		}
		head, err2 := line.Head(claude.HeadSize)
		if err != nil || err2 != nil {
			return false
		}
		if id, done := claude.Response(head); id == open[0] {
			if open = open[1:]; !done {
				return false
			}
		}
	}
	return true
}

// window returns the files as the next run sees them: its output begins where they end now.
// What the process has said to a change of its settings is in it.
func (l *living) window() *files {
	return &files{newWindow(l.files.dir, l.end, size(l.files.err)), l.files.out, l.files.err}
}
