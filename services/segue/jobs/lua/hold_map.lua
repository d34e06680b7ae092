-- holder, progress; token, seconds, how far it is (empty: that is not said)
-- → 1 when the token goes on making the map; 0 when it does not, or not any more
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('EXPIRE', KEYS[1], ARGV[2])
if ARGV[3] ~= '' then redis.call('SET', KEYS[2], ARGV[3], 'EX', ARGV[2]) end
return 1
