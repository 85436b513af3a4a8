package lenient

// Shaped is implemented by pointers to types whose JSON has one of several shapes. It
// is decoded as a part of what holds it: what cannot be read in it and is not
// essential is reported, where an UnmarshalJSON could only fail.
type Shaped interface {
	// Shape returns a pointer to what a value is decoded into, which begins with the
	// byte first: '{', '[', '"', 't', 'f', 'n' for null, '-' or a digit. An object
	// whose first name is a decimal number counts as '[': PHP writes lists so. For '{'
	// the result is always of the same type; nil says that no such value is taken.
	Shape(first byte) any
}

// Nullable is a payload that may be null, which is another thing than its absence.
type Nullable[T any] struct {
	Value *T   // nil for null
	Given bool // whether it is there, be it null
}

// Shape implements [Shaped].
func (n *Nullable[T]) Shape(byte) any {
	n.Given = true
	return &n.Value
}
