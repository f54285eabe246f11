// Package procman starts processes and ends them whole: the process, its children, and
// the children that left its process group. It knows nothing of what they are for.
//
//	Start ──> Process ──Exited──> Stop ──> Proof: what it took, and what is left
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
// tree may, is found by its marker, and within a second after its Process has ended.
// Without control groups, one that clears its environment, takes a session of its own and
// loses its parent between two counts cannot be told from another Process's: it is ended
// as soon as a Process is stopped while no other runs.
package procman
