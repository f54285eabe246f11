package run

import "golang.org/x/sys/unix"

// What must stay free on the disk of the data directory.
const (
	// reservePart of the disk, at most maxReserve bytes, stays free: new runs are refused
	// before that is touched.
	reservePart = 20
	maxReserve  = 1 << 30
	// lastPart of the reserve is for the server alone: it must be able to write down how
	// runs have ended. One that still writes by then is ended.
	lastPart = 8
)

// disk is the file system of a directory.
type disk string

// low reports whether there is too little room for new runs. Where the system does not tell
// there is enough.
func (d disk) low() bool { free, reserve := d.room(); return free < reserve }

// full reports whether there is too little room for runs to go on.
func (d disk) full() bool { free, reserve := d.room(); return free < reserve/lastPart }

// room returns how many bytes are free, and how many should be.
func (d disk) room() (free, reserve uint64) {
	var stat unix.Statfs_t
	if unix.Statfs(string(d), &stat) != nil {
		return 0, 0
	}
	block := uint64(stat.Bsize) //nolint:gosec,unconvert // positive; its type differs between systems
	return stat.Bavail * block, min(stat.Blocks*block/reservePart, maxReserve)
}
