//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// private reports whether only the user can read a file, or else why not.
func private(info fs.FileInfo) (why text, ok bool) {
	if info.Mode().Perm()&0o077 != 0 {
		return text{"其他用户可以读写（权限 %04o）", "others can read or change it (mode %04o)"}.with(info.Mode().Perm()), false
	}
	if stat, known := info.Sys().(*syscall.Stat_t); known && int(stat.Uid) != os.Geteuid() {
		return text{"属于其他用户", "belongs to another user"}, false
	}
	return text{}, true
}
