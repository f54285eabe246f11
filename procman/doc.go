// Package procman starts processes and ends them whole: the process, its children, and
// the children that left its process group. It knows nothing of what they are for.
//
//	Start ─┐
//	       ├─> Process ──Exited──> Stop ──> Proof: what it took, and what is left
//	Adopt ─┘
//
// A command-line agent starts shells in sessions of their own, so that killing its process
// group leaves orphans behind. What belongs to a process is therefore found in every way
// the system offers, and a Process has ended only when nothing is found any more:
//
//   - a control group (cgroup v2) of its own, where this program may make one;
//   - otherwise its descendants and its session, and the marker NAME=id in the environment,
//     which they inherit, for those whose parents have gone. Orphans become children of
//     this program (it is their subreaper), and are reaped here.
//
// This is so on Linux. Elsewhere only the process group is known. [Supervisor.Method] says
// which it is.
//
// # Restarts
//
// What an instance of this program has started lives on when that is killed, with an end of
// file on stdin. The next instance may [Supervisor.Adopt] it: it is found by the control
// group that was made for it and by its marker, whatever this instance uses itself, and by
// the leader's session and as descendants of these. Its leader is no child of ours, and so
// its status is never known. What nobody adopts is ended by [Supervisor.Sweep].
//
// Whatever starts this program may end everything in its control group before it starts it
// again (systemd does, unless the unit says KillMode=process): then nothing is left to adopt.
//
// # Concurrency
//
// All methods may be called from any goroutine. Every child of this program must be
// started through one Supervisor: it reaps children that it does not know as orphans.
//
// # Limits
//
// Processes are counted a few times a second, so that a fork bomb is noticed with a delay,
// and only a control group ends one that doubles: one by one, they start faster than they
// can be ended.
// A process that moves itself out of its control group, as root and the owner of a delegated
// tree may, is found by its marker, and within two seconds after its Process has ended.
// Without control groups, one that clears its environment, takes a session of its own and
// loses its parent between two counts cannot be told from another Process's: it is ended
// as soon as a Process is stopped while no other runs but on standby. If it lost its parent before its
// Process was adopted, nothing tells it from a stranger's, and it stays.
// Outside Linux nothing is known of a leader that died before it was adopted, nor of what
// it left; one that lives is told by its number, that it leads a group, and on macOS by its
// start time.
package procman
