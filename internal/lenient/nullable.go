package lenient

// Nullable is a payload that may be null, which is another thing than its absence.
type Nullable[T any] struct {
	Value *T   // nil for null
	Given bool // whether it is there, be it null
}

// UnmarshalJSON reads a T or null.
func (n *Nullable[T]) UnmarshalJSON(data []byte) error { return n.UnmarshalWithin(new(Limit), data) }

// UnmarshalWithin implements [Unmarshaler].
func (n *Nullable[T]) UnmarshalWithin(l *Limit, data []byte) error {
	n.Given = true
	return l.Unmarshal(data, &n.Value)
}
