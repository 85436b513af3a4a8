// Command bench measures this module against calls written by hand for speed
// alone, and against clients of other vendors, and prints a table of ratios
// beside the goals. The server runs in a process of its own, so that time and
// memory are the client's alone. From the repository's root:
//
//	go -C internal/bench run .           # ten minutes
//	go -C internal/bench run . -quick    # about one
//
// Names of scenarios as arguments run these alone.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"time"
)

func main() {
	if os.Getenv(serveVariable) != "" {
		exit(serve())
	}
	fast := flag.Bool("quick", false, "measure less often, in about a minute")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this `file`; its samples are labelled with the contender")
	flag.Parse()
	e := full
	if *fast {
		e = quick
	}
	exit(profiled(*profile, func() error { return bench(context.Background(), e, flag.Args()) }))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench runs scenarios and prints the report.
func bench(ctx context.Context, e effort, names []string) error {
	chosen, err := selected(names)
	if err != nil {
		return err
	}
	r := &run{effort: e}
	if r.remote, err = startServer(ctx); err != nil {
		return err
	}
	defer r.stop()
	began := time.Now()
	for _, s := range chosen {
		fmt.Fprintf(os.Stderr, "%s …\n", s.name)
		if err := s.run(r, ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	fmt.Printf("%s, %s/%s, %d cores; medians of %d interleaved rounds; %.0f s.\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), e.rounds, time.Since(began).Seconds())
	return r.print(os.Stdout)
}

// profiled runs f and writes a CPU profile of it, if path is not empty.
func profiled(path string, f func() error) error {
	if path == "" {
		return f()
	}
	file, err := os.Create(path) //nolint:gosec // the caller says where
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	err = f()
	pprof.StopCPUProfile()
	if e := file.Close(); err == nil {
		err = e
	}
	return err
}
