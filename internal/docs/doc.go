// Package docs holds no code of the module: its tests keep the documentation true. They
// check that Go code in README, CONTRIBUTING and docs/ is that of an Example or a test, that
// commands and links lead somewhere, that the Chinese pages are in step with the
// English ones, and that docs/COVERAGE.md and api/ are what the code says.
//
//	go test ./internal/docs -update
//
// writes what can be written: the quoted code, the coverage and the exported names.
package docs
