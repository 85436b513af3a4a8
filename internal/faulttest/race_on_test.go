//go:build race

package faulttest_test

// underRace tells whether the race detector makes everything several times as
// slow.
const underRace = true
