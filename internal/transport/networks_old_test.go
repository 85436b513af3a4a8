//go:build !go1.26

package transport

// bubbleNetworks is without HTTP/2: before Go 1.26, net/http's server of it shares channels
// between bubbles, which testing/synctest does not allow.
var bubbleNetworks = map[string]bool{"HTTP 1": false}
