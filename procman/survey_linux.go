package procman

// survey is one look at all processes.
type survey struct {
	table  map[int]entry
	marked map[string][]int // by the value of the marker: the pids that carry it
}

// takeSurvey reads the process table and every marker.
func takeSurvey(marker string) (survey, error) {
	table, err := readTable()
	return newSurvey(table, readMarks(table, marker, nil)), err
}

func newSurvey(table map[int]entry, marks map[identity]string) survey {
	s := survey{table: table, marked: map[string][]int{}}
	for i, mark := range marks {
		if mark != "" {
			s.marked[mark] = append(s.marked[mark], i.pid)
		}
	}
	return s
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
