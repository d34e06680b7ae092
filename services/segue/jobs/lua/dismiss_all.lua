-- catalogue, request, reason or '', most at once → {number found now, number dismissed under the request}
local key = 'segue:dismissed:' .. ARGV[2]
local ids = redis.call('ZRANGE', dead_key(ARGV[1], ARGV[3]), 0, ARGV[4] - 1)
for _, id in ipairs(ids) do dismiss(id) end
local dismissed = redis.call('INCRBY', key, #ids)
redis.call('EXPIRE', key, 3600)
return {#ids, dismissed}
