-- request, reason or '', most at once → {number found now, number dismissed under the request}
local key = 'segue:dismissed:' .. ARGV[1]
local source = 'segue:dead'
if ARGV[2] ~= '' then source = source .. ':reason:' .. ARGV[2] end
local ids = redis.call('ZRANGE', source, 0, ARGV[3] - 1)
for _, id in ipairs(ids) do dismiss(id) end
local dismissed = redis.call('INCRBY', key, #ids)
redis.call('EXPIRE', key, 3600)
return {#ids, dismissed}
