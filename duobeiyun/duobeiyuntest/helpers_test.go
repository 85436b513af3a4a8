package duobeiyuntest_test

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"maps"
	"net/url"
	"slices"
)

func md5Hex(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func asError[E error](err error, target *E) bool { return errors.As(err, target) }

// with2 returns values with others under name.
func with2(values url.Values, name string, others ...string) url.Values {
	values[name] = others
	return values
}

func sortedKeys(values url.Values) []string { return slices.Sorted(maps.Keys(values)) }
