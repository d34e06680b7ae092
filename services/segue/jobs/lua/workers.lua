-- how long those that are gone are remembered (ms) → {silence (ms), what it says of itself, ...}
local now = now_ms()
local answer = {}
local oldest = whole(now - ARGV[1])
for _, worker in ipairs(redis.call('ZREVRANGEBYSCORE', 'segue:workers', '+inf', oldest)) do
  local about = redis.call('HGET', 'segue:workers:about', worker)
  if about then
    answer[#answer + 1] = whole(now - redis.call('ZSCORE', 'segue:workers', worker))
    answer[#answer + 1] = about
  end
end
return answer
