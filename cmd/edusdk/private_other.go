//go:build !unix

package main

import "io/fs"

// private trusts the system's own protection of the user's folder.
func private(fs.FileInfo) (why text, ok bool) { return text{}, true }
