-- catalogue, reason or '', cursor or '', limit → {total, id, order, letter, ...}
local key = dead_key(ARGV[1], ARGV[2])
local top = '+inf'
if ARGV[3] ~= '' then top = '(' .. ARGV[3] end
local found = redis.call('ZREVRANGEBYSCORE', key, top, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[4])
local answer = {redis.call('ZCARD', key)}
for place = 1, #found, 2 do
  answer[#answer + 1] = found[place]
  answer[#answer + 1] = found[place + 1]
  answer[#answer + 1] = redis.call('HGET', 'segue:dead:letters', found[place])
end
return answer
