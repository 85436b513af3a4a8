//go:build !race

package study

// underRace tells that the race detector is on, which needs memory of its own.
const underRace = false
