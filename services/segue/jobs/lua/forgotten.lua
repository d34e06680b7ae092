-- listener, last entry that was to be forgotten
-- → 1, unless more is to be forgotten by now
if redis.call('HGET', FORGETTING, ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('SET', OLD_LOG, '1')
return redis.call('HDEL', FORGETTING, ARGV[1])
