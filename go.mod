module github.com/edusdk/edusdk

go 1.25.0

require github.com/go-resty/resty/v2 v2.17.2

require golang.org/x/net v0.43.0 // indirect
