package lenient

func Decode(data []byte, v any, _ func(*Error)) error { return Unmarshal(data, v) }
func Essential[T any]() []string                      { return nil }
