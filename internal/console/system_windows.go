package console

import (
	"os"
	"syscall"
	"unsafe"
)

var (
	kernel32       = syscall.NewLazyDLL("kernel32.dll")
	setConsoleMode = kernel32.NewProc("SetConsoleMode")
	userLocaleName = kernel32.NewProc("GetUserDefaultLocaleName")
)

// understandsCodes has a console of Windows obey the codes of terminals, and reports
// whether it does.
func understandsCodes(f *os.File) bool {
	const virtualTerminal = 4 // ENABLE_VIRTUAL_TERMINAL_PROCESSING
	var mode uint32
	if syscall.GetConsoleMode(syscall.Handle(f.Fd()), &mode) != nil {
		return false
	}
	if mode&virtualTerminal != 0 {
		return true
	}
	ok, _, _ := setConsoleMode.Call(f.Fd(), uintptr(mode|virtualTerminal))
	return ok != 0
}

// systemLocale returns the user's locale, such as zh-CN.
func systemLocale() string {
	var name [85]uint16 // LOCALE_NAME_MAX_LENGTH
	if n, _, _ := userLocaleName.Call(uintptr(unsafe.Pointer(&name[0])), uintptr(len(name))); n == 0 {
		return ""
	}
	return syscall.UTF16ToString(name[:])
}
