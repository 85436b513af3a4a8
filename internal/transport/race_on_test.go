//go:build race

package transport

// underRace tells that the race detector is on, which allocates too.
const underRace = true
