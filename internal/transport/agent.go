package transport

import (
	"cmp"
	"runtime/debug"
	"strings"
	"sync"
)

const modulePath = "github.com/edusdk/edusdk"

// userAgent returns what the User-Agent header says of this module: its name, and its
// version where the program was built with a released one.
var userAgent = sync.OnceValue(func() string {
	info, _ := debug.ReadBuildInfo()
	return "edusdk-go/" + versionIn(info)
})

// versionIn returns the module's version in a build, "devel" where it has none.
func versionIn(info *debug.BuildInfo) string {
	const devel = "devel"
	if info == nil {
		return devel
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m == nil || m.Path != modulePath {
			continue
		}
		if m.Replace != nil {
			m = m.Replace
		}
		return cmp.Or(strings.Trim(m.Version, "()"), devel)
	}
	return devel
}
