-- → {how many wait to be written to files, since when the first of them does (ms)}
local first = redis.call('XRANGE', STREAM, '-', '+', 'COUNT', 1)[1]
if not first then return {0, 0} end
local since = tonumber(string.match(first[1], '^%d+'))
return {redis.call('XLEN', STREAM), math.max(0, now_ms() - since)}
