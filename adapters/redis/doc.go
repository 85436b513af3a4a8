// Package redis keeps logins in Redis, for services that run several processes: an
// edusdk.TokenStore, with the leases of an edusdk.TokenLocker, on go-redis.
//
//	import (
//		edusdkredis "github.com/edusdk/edusdk/adapters/redis"
//		"github.com/redis/go-redis/v9"
//	)
//
//	rdb := redis.NewUniversalClient(&redis.UniversalOptions{Addrs: addrs, ContextTimeoutEnabled: true})
//	store, err := edusdkredis.NewTokenStore(rdb, edusdkredis.Options{})
//	client, err := supervision.New(supervision.Config{…, TokenStore: store})
//	source := douyin.ClientCredential(douyin.ClientCredentialConfig{…, Store: store})
//
// One store serves all clients of a process. Of the processes that need a token at the
// same moment, one logs in, and the others wait for its token; this holds for
// renewals and for tokens that the vendor has rejected, too. If the process that logs
// in dies, another one does so ten seconds later. If the vendor refuses the
// credentials, one process has tried them, and all know it for half a minute.
//
// While Redis is down, calls go on: processes keep the tokens that they have and log
// in each by itself when these expire. They go on without Redis five seconds after
// asking it at the latest; with ContextTimeoutEnabled the client of go-redis gives up
// then, too.
//
// # Servers
//
// It takes a server from version 5 on, or a compatible one, that runs scripts (EVAL):
// a single one, Sentinel, or Cluster, whatever redis.UniversalClient was made for. All
// keys of a login are in one slot of a cluster, and all commands go to primaries, even
// if the client reads from replicas. After a failover that lost a lease, two
// processes can log in; of their tokens, that of the later lease stays.
//
// # Keys
//
// For each login there are up to four keys, of the form edusdk:{hash}:token, whose
// hash does not tell what it was made of. Tokens expire with their time at the vendor,
// and everything after Options.MaxAge. The tokens themselves are secrets: whoever can
// read the database can call the vendor. Options.Key encrypts them.
package redis
