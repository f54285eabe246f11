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

// disk tells how many bytes of a file system are free, and how many it has in all.
type disk func() (free, all uint64)

// diskOf is the file system of a directory. Where the system does not tell there is enough.
func diskOf(dir string) disk {
	return func() (free, all uint64) {
		var stat unix.Statfs_t
		if unix.Statfs(dir, &stat) != nil {
			return 0, 0
		}
		block := uint64(stat.Bsize) //nolint:gosec // positive; its type differs between systems
		return stat.Bavail * block, stat.Blocks * block
	}
}

// low reports whether there is too little room for new runs.
func (d disk) low() bool { free, all := d(); return free < reserve(all) }

// full reports whether there is too little room for runs to go on.
func (d disk) full() bool { free, all := d(); return free < reserve(all)/lastPart }

// reserve returns how many bytes of a disk of this size should stay free.
func reserve(all uint64) uint64 { return min(all/reservePart, maxReserve) }
