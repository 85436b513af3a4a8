//go:build !race

package duobeiyun

const raceEnabled = false
