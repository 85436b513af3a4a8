package edusdk

import (
	"fmt"
	"strconv"
	"strings"
)

// Fen is an amount of money in fen (分), a hundredth of a yuan (元): 1234 is 12.34
// yuan. Sums and differences are exact, as they are not for a float64 of yuan.
//
// It prints in yuan, and has no JSON of its own: like any int64 it is written and read
// as the number of fen, which is how Douyin has its prices. Use String for people and
// ParseFen to read what it returns.
type Fen int64

// ParseFen reads an amount in yuan, such as "12.34", "-0.5" or "10.00000": an optional
// sign, digits, and up to two decimals that are not zero. Anything else, and what is
// beyond the range of Fen, is an error of kind ErrInvalidArgument.
func ParseFen(yuan string) (Fen, error) {
	digits := strings.TrimPrefix(yuan, "-")
	sign := yuan[:len(yuan)-len(digits)]
	if sign == "" {
		digits = strings.TrimPrefix(digits, "+")
	}
	whole, decimals, point := strings.Cut(digits, ".")
	fraction := strings.TrimRight(decimals, "0")
	if !isDigits(whole) || point && !isDigits(decimals) || len(fraction) > 2 {
		return 0, errFen
	}
	fen, err := strconv.ParseInt(sign+whole+(fraction + "00")[:2], 10, 64)
	if err != nil {
		return 0, errFen
	}
	return Fen(fen), nil
}

var errFen = fmt.Errorf("edusdk: ParseFen: %w: %w", ErrInvalidArgument,
	&FieldError{Field: "yuan", Problem: "must be a decimal number with at most two decimals, in the range of Fen"})

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// String returns the amount in yuan with two decimals, such as "12.34" or "-0.05".
func (f Fen) String() string {
	sign, yuan, fen := "", f/100, f%100
	if f < 0 {
		sign, yuan, fen = "-", -yuan, -fen
	}
	return fmt.Sprintf("%s%d.%02d", sign, int64(yuan), int64(fen))
}
