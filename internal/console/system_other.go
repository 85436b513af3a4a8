//go:build !windows

package console

import "os"

// understandsCodes reports whether a terminal obeys the codes of terminals.
func understandsCodes(*os.File) bool { return true }

// systemLocale returns nothing: the environment says it.
func systemLocale() string { return "" }
