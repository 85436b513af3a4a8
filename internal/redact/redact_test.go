package redact

import (
	"encoding/base64"
	"encoding/json"
)

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

func escapedTwice(b []byte) string {
	once, _ := json.Marshal(string(b))
	twice, _ := json.Marshal(string(once))
	return string(twice)
}
