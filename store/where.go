package store

import (
	"fmt"
	"strings"
)

// where collects the conditions of a statement and what stands in them.
type where struct {
	conditions []string
	args       []any
}

// and adds a condition that ends where its value comes: "seq <".
func (w *where) and(condition string, value any) {
	w.args = append(w.args, value)
	w.conditions = append(w.conditions, fmt.Sprintf("%s $%d", condition, len(w.args)))
}

// text is and for a text; an empty one lets all pass.
func (w *where) text(condition, value string) {
	if value != "" {
		w.and(condition, value)
	}
}

// String returns the conditions as they stand in a statement.
func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}
