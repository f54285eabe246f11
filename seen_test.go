package main

import (
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// note remembers which keys of which schemas have been seen. The name is that of a schema
// that has none of its own.
func (c *contract) note(name string, s *openapi3.SchemaRef, value any) {
	if s.Ref != "" {
		name = strings.TrimPrefix(s.Ref, components)
	}
	switch value := value.(type) {
	case map[string]any:
		for key, v := range value {
			if part := s.Value.Properties[key]; part != nil {
				c.seen[name+"."+key] = true
				c.note(name+"."+key, part, v)
			}
		}
		for _, part := range s.Value.AllOf {
			c.note(name, part, value)
		}
	case []any:
		for _, v := range value {
			c.note(name, s.Value.Items, v)
		}
	}
}

// components is where the document has its schemas.
const components = "#/components/schemas/"

// unseen returns what the document describes and no answer has shown.
func (c *contract) unseen() (missing []string) {
	for path, item := range c.doc.Paths.Map() {
		for method, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				missing = append(missing, method+" "+path+" "+status)
			}
		}
	}
	for name, s := range c.doc.Components.Schemas {
		missing = append(missing, keys(name, s.Value)...)
	}
	return slices.DeleteFunc(missing, func(what string) bool { return c.seen[what] })
}

// keys returns the keys of a schema, and of those within it that have no name of their own.
func keys(name string, s *openapi3.Schema) (all []string) {
	for key, part := range s.Properties {
		all = append(all, name+"."+key)
		for part.Value.Items != nil && part.Ref == "" {
			part = part.Value.Items
		}
		if part.Ref == "" {
			all = append(all, keys(name+"."+key, part.Value)...)
		}
	}
	return all
}
