package redis

import "github.com/redis/go-redis/v9"

// Each script is one step for all clients, and goes to a primary. Fences are numbers
// of 16 digits, which Lua keeps exactly, but prints in full only by this format.

// loadScript returns the token, "" if the key holds no token.
//
// KEYS: token.
var loadScript = redis.NewScript(`
return redis.call('HGET', KEYS[1], 'token') or ''
`)

const putFunction = `
local function put(key, digest, token, ttl)
	redis.call('DEL', key)
	if tonumber(ttl) > 0 then
		redis.call('HSET', key, 'digest', digest, 'token', token)
		redis.call('PEXPIRE', key, ttl)
	end
end
`

// saveScript replaces the token. It counts as later than the latest lease.
//
// KEYS: token, fence. ARGV: digest, token, its time to live.
var saveScript = redis.NewScript(putFunction + `
put(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
local granted = redis.call('HGET', KEYS[2], 'granted')
if granted then
	redis.call('HSET', KEYS[2], 'saved', granted)
end
return 1
`)

// deleteScript removes the token if it is the given one.
//
// KEYS: token. ARGV: digest.
var deleteScript = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'digest') == ARGV[1] then
	return redis.call('DEL', KEYS[1])
end
return 0
`)

// lockScript returns the fence of a new lease, or 0. After the server has forgotten
// what it granted, its clock makes fences greater than those from before.
//
// KEYS: lease, fence. ARGV: time to live of the lease, that of the fence, the holder.
var lockScript = redis.NewScript(`
local held = redis.call('HMGET', KEYS[1], 'holder', 'fence')
if held[1] then
	return held[1] == ARGV[3] and held[2] or '0'
end
local time = redis.call('TIME')
local granted = tonumber(redis.call('HGET', KEYS[2], 'granted') or 0)
local fence = string.format('%.0f', math.max(granted + 1, time[1] * 1000000 + time[2]))
redis.call('HSET', KEYS[1], 'holder', ARGV[3], 'fence', fence)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[2], 'granted', fence)
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return fence
`)

// saveLockedScript replaces the token and ends the lease, unless a token was saved
// under a later one.
//
// KEYS: token, lease, fence. ARGV: digest, token, its time to live, the lease's fence,
// time to live of the fence.
var saveLockedScript = redis.NewScript(putFunction + `
if tonumber(redis.call('HGET', KEYS[3], 'saved') or 0) > tonumber(ARGV[4]) then
	return 0
end
put(KEYS[1], ARGV[1], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[3], 'saved', ARGV[4])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
if redis.call('HGET', KEYS[2], 'fence') == ARGV[4] then
	redis.call('DEL', KEYS[2])
end
return 1
`)

// unlockScript ends the lease with this fence.
//
// KEYS: lease. ARGV: fence.
var unlockScript = redis.NewScript(`
if redis.call('HGET', KEYS[1], 'fence') == ARGV[1] then
	return redis.call('DEL', KEYS[1])
end
return 0
`)
