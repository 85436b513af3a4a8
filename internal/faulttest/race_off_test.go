//go:build !race

package faulttest

// underRace tells whether the race detector makes everything several times as
// slow.
const underRace = false
