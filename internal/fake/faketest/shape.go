// Package faketest helps to prove that a fake answers as its vendor's document
// says.
package faketest

// Shape returns what encoding/json decodes into an any with its values replaced
// by their types, so that an answer can be compared with a document's sample. A
// list is as its first element.
func Shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		shaped := make(map[string]any, len(v))
		for name := range v {
			shaped[name] = Shape(v[name])
		}
		return shaped
	case []any:
		if len(v) == 0 {
			return "empty list"
		}
		return []any{Shape(v[0])}
	case string:
		return "text"
	case float64:
		return "number"
	case bool:
		return "bool"
	default:
		return v // null
	}
}
