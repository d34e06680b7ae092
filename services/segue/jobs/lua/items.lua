-- job, number of the first item, most items, items in one piece, most bytes
-- → {job hash, piece, ...} or false
local key = job_key(ARGV[1])
local job = redis.call('HGETALL', key)
if #job == 0 then return false end
local first, total = tonumber(ARGV[2]), tonumber(redis.call('HGET', key, 'total') or 0)
local numbers = {}
local last = math.min(first + ARGV[3], total) - 1
for number = first, last do numbers[#numbers + 1] = whole(number) end
return {job, unpack((pieces(key, numbers, tonumber(ARGV[4]), tonumber(ARGV[5]))))}
