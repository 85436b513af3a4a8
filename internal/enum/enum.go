// Package enum prints the numbers of a vendor's enumerations by the names of
// their constants.
package enum

import (
	"net/url"
	"reflect"
	"strconv"
)

// Name returns the name of a value, or its type and number, such as
// "RoomType(7)", where it has no name.
func Name[T ~int | ~uint8](v T, names map[T]string) string {
	if name, ok := names[v]; ok {
		return name
	}
	return reflect.TypeFor[T]().Name() + "(" + strconv.Itoa(int(v)) + ")"
}

// Encode sets a parameter to the number of a value. The types of vendors whose
// requests are forms have it as their EncodeValues: without one go-querystring
// would send what String returns.
func Encode[T ~int](v T, name string, values *url.Values) error {
	values.Set(name, strconv.Itoa(int(v)))
	return nil
}
