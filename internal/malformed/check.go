package malformed

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/edusdk/edusdk"
)

// Check calls an operation with malformed answers that are made of a good one:
// call makes one attempt whose answer has the status 200. Each of them has to
// become a success or an *edusdk.Error. What is no JSON object at all must not
// become a success, nor a word of the vendor's; nobody knows then whether a call
// that changes something was carried out, and no error shows what the answer held.
func Check(t testing.TB, good []byte, call func(answer []byte) (any, error)) {
	t.Helper()
	n := 0
	for c := range Of(good) {
		n++
		got, err := call(c.Body)
		for _, problem := range judge(c, got, err) {
			t.Errorf("%s: %s\nanswer: %.200q\nerror: %v", c.Name, problem, c.Body, err)
		}
	}
	if n < 60 {
		t.Errorf("there were only %d malformed answers", n)
	}
}

// judge says what is wrong with what became of a malformed answer.
func judge(c Case, got any, err error) (problems []string) {
	if err == nil {
		if c.Broken {
			return []string{"it became a success"}
		}
		return nil
	}
	var e *edusdk.Error
	if !errors.As(err, &e) {
		return []string{"the error is no *edusdk.Error"}
	}
	if v := reflect.ValueOf(got); v.IsValid() && !v.IsZero() {
		problems = append(problems, "something was returned beside the error")
	}
	switch e.Kind {
	case edusdk.ErrMalformedResponse, edusdk.ErrUnavailable:
		if changes := e.Class == "upsert" || e.Class == "create"; edusdk.MaybeApplied(err) != changes {
			problems = append(problems, fmt.Sprintf("of an operation of class %q it is said: MaybeApplied %v", e.Class, !changes))
		}
		for err := err; err != nil; err = errors.Unwrap(err) {
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), Canary) {
				problems = append(problems, "the error shows what the answer held")
			}
		}
	default: // a failure in the vendor's own words
		if c.Broken {
			problems = append(problems, "it became a failure of kind "+e.Kind.String())
		}
	}
	return problems
}
