package transport

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
)

// registry holds the declarations of all operations that the program links in.
var registry struct {
	mu    sync.Mutex
	specs []*Spec
}

// register adds an operation. A second one of the same name is a mistake that no
// program should start with.
func register(vendor string, spec Spec) *Spec {
	spec.Vendor, spec.route = vendor, spec.Path
	registry.mu.Lock()
	defer registry.mu.Unlock()
	for _, s := range registry.specs {
		if s.Vendor == vendor && s.Op == spec.Op {
			panic(fmt.Sprintf("transport: %s.%s is declared twice", vendor, spec.Op))
		}
	}
	registry.specs = append(registry.specs, &spec)
	return &spec
}

// Operations returns the declarations of all operations of the packages that the
// program links in, by vendor and name.
func Operations() []Spec {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	specs := make([]Spec, len(registry.specs))
	for i, s := range registry.specs {
		specs[i] = *s
	}
	slices.SortFunc(specs, func(a, b Spec) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Op, b.Op))
	})
	return specs
}

// Declared reports whether a vendor has an operation of the name with a path.
func Declared(vendor, op string) bool {
	registry.mu.Lock()
	defer registry.mu.Unlock()
	return slices.ContainsFunc(registry.specs, func(s *Spec) bool { return s.Vendor == vendor && s.Op == op && s.Path != "" })
}
