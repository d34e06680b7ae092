-- token, seconds
-- → 1 when the token may publish factors for so long from now on; 0 when another one may
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
