//go:build unix

package postgres_test

const workerVariable = "EDUSDK_FLEET_WORKER"

func work() {}
