//go:build race

package duobeiyun

const raceEnabled = true
