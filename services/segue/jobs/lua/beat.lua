-- worker, what it says of itself, how long those that are gone are remembered (ms)
local now = now_ms()
redis.call('ZADD', 'segue:workers', whole(now), ARGV[1])
redis.call('HSET', 'segue:workers:about', ARGV[1], ARGV[2])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', 'segue:workers', '-inf', whole(now - ARGV[3]))) do
  redis.call('ZREM', 'segue:workers', gone)
  redis.call('HDEL', 'segue:workers:about', gone)
end
