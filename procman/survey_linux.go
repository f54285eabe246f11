package procman

import "os"

// survey is one look at all processes but this program itself.
type survey struct {
	table map[int]entry
	marks map[identity]string // the values of the marker; "" for most
}

// takeSurvey reads the process table and every marker.
func takeSurvey(marker string) (survey, error) {
	table, err := readTable()
	delete(table, os.Getpid())
	return survey{table: table, marks: readMarks(table, marker, nil)}, err
}

// readMarks returns the markers of the processes in a table. Those in known are taken from
// there, which is good enough for counting: only exec changes a marker.
func readMarks(table map[int]entry, marker string, known map[identity]string) map[identity]string {
	marks := make(map[identity]string, len(table))
	for pid, e := range table {
		mark, ok := known[e.identity]
		if !ok {
			mark = readMarker(pid, marker)
		}
		marks[e.identity] = mark
	}
	return marks
}
