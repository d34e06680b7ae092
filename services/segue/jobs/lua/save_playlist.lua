-- playlist, version that it has now ('' for a new one), what is said of it (JSON), its tracks (JSON)
-- → 1 when it is saved; 0 when it is none, or has another version
local now = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[2] == '' then
  if now then return 0 end
elseif not now or cjson.decode(now)['version'] ~= ARGV[2] then
  return 0
end
redis.call('SET', KEYS[2], ARGV[4])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
