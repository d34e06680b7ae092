-- request, id for a new stream, most that wait, most plays of one listener, most listeners with
-- plays, how long plays are kept (s); then of each interaction: listener, track, kind, moment (ms),
-- seconds
-- → {how many, 1}: taken; {how many, 0}: taken before; 'full': too many wait; 'memory': no room
local request = LISTENERS .. 'request:' .. ARGV[1]
local before = redis.call('GET', request)
if before then return {tonumber(before), 0} end
local most_waiting, most_plays = tonumber(ARGV[3]), tonumber(ARGV[4])
local most_listeners, keep_seconds = tonumber(ARGV[5]), tonumber(ARGV[6])
local count = (#ARGV - 6) / 5
if redis.call('XLEN', STREAM) + count > most_waiting then return 'full' end
if full() then return 'memory' end
redis.call('SET', LISTENERS .. 'stream', ARGV[2], 'NX')
local plays = {}
for place = 7, #ARGV, 5 do
  local user, track, kind, moment = ARGV[place], ARGV[place + 1], ARGV[place + 2], ARGV[place + 3]
  redis.call('XADD', STREAM, '*', 'u', user, 't', track, 'k', kind, 'o', moment,
    's', ARGV[place + 4])
  if kind == 'play' or kind == 'like' then
    local of_user = plays[user] or {}
    of_user[#of_user + 1] = string.format('%015d', moment) .. ' ' .. kind .. ' ' .. track
    plays[user] = of_user
  end
end
for user, of_user in pairs(plays) do keep_plays(user, of_user, most_plays, keep_seconds) end
drop_idle(most_listeners, keep_seconds)
redis.call('SET', request, count, 'EX', 3600)
return {count, 1}
