-- wanted, holder; token, seconds of the lease, pause after the first attempt (ms), longest pause (ms)
-- → {id, anew, attempt} when the token is to make the map; nothing when there is nothing to do now
local wanted, holder = KEYS[1], KEYS[2]
if redis.call('EXISTS', wanted) == 0 or redis.call('EXISTS', holder) == 1 then return false end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
if tonumber(redis.call('HGET', wanted, 'not_before') or '0') > now then return false end
redis.call('SET', holder, ARGV[1], 'EX', ARGV[2])
redis.call('HSET', wanted, 'token', ARGV[1])  -- the holder is the same for all catalogues
local attempt = redis.call('HINCRBY', wanted, 'attempts', 1)
local pause = math.min(ARGV[3] * 2 ^ math.min(attempt - 1, 20), ARGV[4])
redis.call('HSET', wanted, 'not_before', string.format('%d', now + pause))
return {redis.call('HGET', wanted, 'id'), redis.call('HGET', wanted, 'anew') or '0', attempt}
