module github.com/edusdk/edusdk/adapters/redis

go 1.25.0

// The version of the root that an importer of this module gets: a released one,
// not v0.0.0, because the replace below counts in this repository alone. It makes
// the tests here run against the root beside them.
require github.com/edusdk/edusdk v0.1.0

require (
	github.com/redis/go-redis/v9 v9.22.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/google/go-querystring v1.2.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.43.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

replace github.com/edusdk/edusdk => ../..
