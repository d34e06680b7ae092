-- version, whether it may be the one that is served ('1')
-- → 1 when it is not listed any more; 0 when there is none; -1 when it is served
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
if redis.call('GET', KEYS[2]) == ARGV[1] then
  if ARGV[2] ~= '1' then return -1 end
  redis.call('DEL', KEYS[2])
end
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
