//go:build go1.26

package transport

// bubbleNetworks are the versions of HTTP that a server within a bubble speaks; the value
// says whether it is HTTP/2.
var bubbleNetworks = map[string]bool{"HTTP 1": false, "HTTP 2": true}
