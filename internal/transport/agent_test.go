package transport

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVersionInABuild(t *testing.T) {
	t.Parallel()
	other := &debug.Module{Path: "example.com/other", Version: "v9.9.9"}
	for name, tt := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"no build info":      {nil, "devel"},
		"not in the build":   {&debug.BuildInfo{Deps: []*debug.Module{other, nil}}, "devel"},
		"a dependency":       {&debug.BuildInfo{Deps: []*debug.Module{other, {Path: modulePath, Version: "v1.2.3"}}}, "v1.2.3"},
		"a commit":           {&debug.BuildInfo{Deps: []*debug.Module{{Path: modulePath, Version: "v0.0.0-20260501080000-0123456789ab"}}}, "v0.0.0-20260501080000-0123456789ab"},
		"replaced by a fork": {&debug.BuildInfo{Deps: []*debug.Module{{Path: modulePath, Version: "v1.2.3", Replace: &debug.Module{Path: "example.com/fork", Version: "v1.2.4"}}}}, "v1.2.4"},
		"replaced by a path": {&debug.BuildInfo{Deps: []*debug.Module{{Path: modulePath, Version: "v1.2.3", Replace: &debug.Module{Path: "../edusdk"}}}}, "devel"},
		"of its own":         {&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "(devel)"}}, "devel"},
		"of its own, tagged": {&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v1.2.3"}}, "v1.2.3"},
	} {
		assert.Equal(t, tt.want, versionIn(tt.info), name)
	}
}
