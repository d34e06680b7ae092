-- job, version seen, most items, items in one piece, most bytes
-- → {job hash, version up to which this tells all, piece, ...} or false
local key = job_key(ARGV[1])
local job = redis.call('HGETALL', key)
if #job == 0 then return false end
local changed = redis.call(
  'ZRANGEBYSCORE', key .. ':changed', '(' .. ARGV[2], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local numbers = {}
for place = 1, #changed, 2 do numbers[#numbers + 1] = changed[place] end
local texts, told = pieces(key, numbers, tonumber(ARGV[4]), tonumber(ARGV[5]))
return {job, whole(told > 0 and changed[2 * told] or ARGV[2]), unpack(texts)}
