module github.com/edusdk/edusdk/examples/fleet

go 1.25.0

require (
	github.com/edusdk/edusdk v0.1.0
	github.com/edusdk/edusdk/adapters/postgres v0.1.0
	github.com/edusdk/edusdk/adapters/redis v0.1.0
	github.com/jackc/pgx/v5 v5.12.0
	github.com/redis/go-redis/v9 v9.22.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	github.com/google/go-querystring v1.2.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	go.etcd.io/bbolt v1.5.0 // indirect
	go.uber.org/atomic v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/net v0.43.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.45.0 // indirect
	golang.org/x/term v0.43.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)

// What the example shows is this repository, whatever is released.
replace (
	github.com/edusdk/edusdk => ../..
	github.com/edusdk/edusdk/adapters/postgres => ../../adapters/postgres
	github.com/edusdk/edusdk/adapters/redis => ../../adapters/redis
)
