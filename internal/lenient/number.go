package lenient

import (
	"bytes"
	"math"
	"math/bits"
	"reflect"
	"strconv"
	"time"
)

// integer decodes a whole number.
func (d *decoder) integer(p *plan, v reflect.Value) *Error {
	start := d.pos
	var text []byte
	switch c := d.data[start]; {
	case c == '-' || isDigit(c):
		token, whole, err := d.number()
		if err != nil {
			return err
		}
		if whole && len(token) <= 18 { // fits, and needs no second look
			return setInteger(p, v, token[0] == '-', small(token))
		}
		text = token
	case c == '"':
		var err *Error
		if text, err = d.text(); err != nil {
			return err
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			return nil
		}
	case c == 't':
		if err := d.word("true"); err != nil {
			return err
		}
		return setInteger(p, v, false, 1)
	case c == 'f':
		if err := d.word("false"); err != nil {
			return err
		}
		return setInteger(p, v, false, 0)
	default:
		return d.mismatch(p)
	}
	negative, n, state := parseWhole(text)
	switch state {
	case notANumber:
		d.pos = start
		return d.mismatch(p)
	case outOfRange:
		return tooLarge(p)
	case withFraction, inexact:
		if d.strict || p.exact {
			return &Error{Problem: lossy[state] + " where a whole number was expected"}
		}
		d.report(&Error{Problem: lossy[state] + ", and its whole part was taken"})
	}
	return setInteger(p, v, negative, n)
}

// small returns what a sign and at most 18 digits count, without the sign.
func small(token []byte) uint64 {
	if token[0] == '-' {
		token = token[1:]
	}
	n := uint64(0)
	for _, c := range token {
		n = n*10 + uint64(c-'0')
	}
	return n
}

func setInteger(p *plan, v reflect.Value, negative bool, n uint64) *Error {
	if p.kind == kindUint {
		if negative && n != 0 || v.OverflowUint(n) {
			return tooLarge(p)
		}
		v.SetUint(n)
		return nil
	}
	i := int64(n) //nolint:gosec // wraps for what is refused, and for the smallest of all
	if negative {
		i = -i
	}
	if n > math.MaxInt64 && (!negative || n != 1<<63) || v.OverflowInt(i) {
		return tooLarge(p)
	}
	v.SetInt(i)
	return nil
}

// The ways in which a text can be a whole number.
type wholeness uint8

const (
	wholeNumber wholeness = iota
	withFraction
	inexact // written as a float that has fewer digits than the number
	outOfRange
	notANumber
)

var lossy = [...]string{withFraction: "has a fraction", inexact: "has a rounded number"}

// maxFloat is from where on not every whole number is a float64: one that is
// written with an exponent has lost digits before it came here.
const maxFloat = 1 << 53

// parseWhole reads a decimal number with or without a sign, zeros before it, a
// fraction and an exponent, and cuts a fraction off.
func parseWhole(text []byte) (negative bool, n uint64, state wholeness) {
	x, ok := parseDecimal(text)
	if !ok {
		return false, 0, notANumber
	}
	point := len(x.whole) + x.exponent // how many digits are before it
	for i := range max(point, 0) {
		if n == 0 && i >= x.digits() {
			break // zero, however many zeros there are
		}
		high, low := bits.Mul64(n, 10)
		low, carry := bits.Add64(low, x.digit(i), 0)
		if high+carry != 0 {
			return x.negative, 0, outOfRange
		}
		n = low
	}
	for i := max(point, 0); i < x.digits(); i++ {
		if x.digit(i) != 0 {
			return x.negative, n, withFraction
		}
	}
	if point > x.digits() && n > maxFloat {
		return x.negative, n, inexact
	}
	return x.negative, n, wholeNumber
}

// decimalNumber is a number as it is written.
type decimalNumber struct {
	negative        bool
	whole, fraction []byte // digits
	exponent        int
}

func (x *decimalNumber) digits() int { return len(x.whole) + len(x.fraction) }

// digit returns a digit, 0 after the last one.
func (x *decimalNumber) digit(i int) uint64 {
	switch {
	case i < len(x.whole):
		return uint64(x.whole[i] - '0')
	case i < x.digits():
		return uint64(x.fraction[i-len(x.whole)] - '0')
	}
	return 0
}

// maxExponent is beyond all that fits into a type.
const maxExponent = 1000

func parseDecimal(text []byte) (x decimalNumber, ok bool) {
	digits := func() []byte {
		n := 0
		for n < len(text) && isDigit(text[n]) {
			n++
		}
		part := text[:n]
		text = text[n:]
		return part
	}
	take := func(chars string) byte {
		if len(text) > 0 && bytes.IndexByte([]byte(chars), text[0]) >= 0 {
			c := text[0]
			text = text[1:]
			return c
		}
		return 0
	}
	x.negative = take("+-") == '-'
	if x.whole = digits(); len(x.whole) == 0 {
		return x, false
	}
	if take(".") != 0 {
		if x.fraction = digits(); len(x.fraction) == 0 {
			return x, false
		}
	}
	if take("eE") != 0 {
		sign := 1
		if take("+-") == '-' {
			sign = -1
		}
		exponent := digits()
		if len(exponent) == 0 {
			return x, false
		}
		for _, c := range exponent {
			x.exponent = min(x.exponent*10+int(c-'0'), maxExponent)
		}
		x.exponent *= sign
	}
	return x, len(text) == 0
}

// parseUnits reads a number of units, whose fraction is rounded to the
// nanosecond.
func parseUnits(text []byte, unit time.Duration) (time.Duration, *Error) {
	x, ok := parseDecimal(text)
	if !ok {
		return 0, errDuration()
	}
	if x.exponent != 0 || len(x.whole) > 19 {
		f, err := strconv.ParseFloat(string(text), 64)
		ns := math.Round(f * float64(unit))
		if err != nil || math.Abs(ns) >= math.MaxInt64 {
			return 0, errDuration()
		}
		return time.Duration(ns), nil
	}
	nanoseconds := uint64(unit) //nolint:gosec // a unit is positive
	count := uint64(0)
	for _, c := range x.whole {
		count = count*10 + uint64(c-'0') // at most 19 digits
	}
	high, ns := bits.Mul64(count, nanoseconds)
	part := uint64(0)
	scale := uint64(1)
	for i := range min(len(x.fraction), 18) {
		part = part*10 + uint64(x.fraction[i]-'0')
		scale *= 10
	}
	partHigh, partLow := bits.Mul64(part, nanoseconds)
	partLow, carry := bits.Add64(partLow, scale/2, 0)
	rounded, _ := bits.Div64(partHigh+carry, partLow, scale)
	ns, carry = bits.Add64(ns, rounded, 0)
	if high+carry != 0 || ns > math.MaxInt64 {
		return 0, errDuration()
	}
	if x.negative {
		return -time.Duration(ns), nil
	}
	return time.Duration(ns), nil
}

func errDuration() *Error {
	return &Error{Problem: "is not a number of at most " + strconv.FormatInt(math.MaxInt64/int64(365*24*time.Hour), 10) + " years"}
}

// Duration reads a JSON number, or one in a string, that counts unit. null,
// false and "" are 0. A fraction is rounded to the nanosecond.
func Duration(data []byte, unit time.Duration) (time.Duration, error) {
	var length time.Duration
	d := decoder{data: data, strict: true}
	p := &plan{kind: kindDuration, typ: typeDuration, unit: unit}
	if err := d.whole(p, reflect.ValueOf(&length).Elem(), Limit{}); err != nil {
		return 0, err
	}
	return length, nil
}
