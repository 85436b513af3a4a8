# Reads a coverage profile, whose lines are a block, its number of statements and how
# often it ran, once for each test binary. Prints how much of the statements ran, and
# fails below least percent of all or least_of_package percent of a package.
NR > 1 {
  size[$1] = $2
  if ($3 > 0) ran[$1] = 1
}
END {
  for (block in size) {
    package = block
    sub(/\/[^\/]*$/, "", package)
    statements[package] += size[block]
    all += size[block]
    if (block in ran) {
      covered[package] += size[block]
      all_covered += size[block]
    }
  }
  if (all == 0) {
    print "the profile is empty"
    exit 1
  }
  for (package in statements) {
    percent = 100 * covered[package] / statements[package]
    if (percent < least_of_package) {
      printf "%s: %.1f %% of the statements ran, less than %d %%\n", package, percent, least_of_package
      failed = 1
    }
  }
  printf "total: %.1f %%\n", 100 * all_covered / all
  if (100 * all_covered / all < least) {
    printf "less than %d %%\n", least
    failed = 1
  }
  exit failed
}
