-- listener
-- → the last entry that is to be forgotten. From now on whoever reads or writes down entries passes
--   over those of this listener up to it.
local user = ARGV[1]
local last = 0
local id = '0-0'
if redis.call('EXISTS', STREAM) == 1 then
  local about = redis.call('XINFO', 'STREAM', STREAM)
  for place = 1, #about, 2 do
    if about[place] == 'last-generated-id' then id = about[place + 1] end
  end
  last = tonumber(string.match(id, '^%d+'))
end
-- Files may hold entries of a queue that was brought back from a backup, and is behind them.
local now = now_ms()
if last < now then id = whole(now - 1) .. '-9223372036854775807' end
redis.call('HSET', FORGETTING, user, id)
drop_plays(user)
return id
