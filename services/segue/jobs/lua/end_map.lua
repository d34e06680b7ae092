-- wanted, holder, progress; token, id, reason, message, next step (no reason: the map is made)
-- → 1 when the token held it; 0 when it had lost it, and nothing was changed
local wanted, holder, progress = KEYS[1], KEYS[2], KEYS[3]
if redis.call('GET', holder) ~= ARGV[1] then return 0 end
redis.call('DEL', holder, progress)
if ARGV[3] ~= '' then
  if redis.call('EXISTS', wanted) == 1 then
    redis.call('HSET', wanted, 'reason', ARGV[3], 'message', ARGV[4], 'next_step', ARGV[5])
  end
elseif redis.call('HGET', wanted, 'id') == ARGV[2] then
  redis.call('DEL', wanted)
else
  redis.call('HDEL', wanted, 'attempts', 'reason', 'message', 'next_step')
end
return 1
