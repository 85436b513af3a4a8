package lenient

import "reflect"

// Text is a string that a vendor also writes as a number or a bool, such as a
// code: it holds the text that it has on the wire, without quotes. null leaves
// it empty.
type Text string

// UnmarshalJSON implements json.Unmarshaler, for those who decode with
// encoding/json.
func (t *Text) UnmarshalJSON(data []byte) error {
	d := decoder{data: data, strict: true}
	if err := d.whole(planText, reflect.ValueOf(t).Elem(), Limit{}); err != nil {
		return err
	}
	return nil
}

var planText = &plan{kind: kindText, typ: typeText}

// Part is a value as it stands in the text, like a json.RawMessage, but a part of
// the text rather than a copy: it is good for as long as the text is.
type Part []byte
