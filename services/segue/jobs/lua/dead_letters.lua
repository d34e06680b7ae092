-- reason or '', cursor or '', limit → {total, id, order, letter, ...}
local key = 'segue:dead'
if ARGV[1] ~= '' then key = key .. ':reason:' .. ARGV[1] end
local top = '+inf'
if ARGV[2] ~= '' then top = '(' .. ARGV[2] end
local found = redis.call('ZREVRANGEBYSCORE', key, top, '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = {redis.call('ZCARD', key)}
for place = 1, #found, 2 do
  answer[#answer + 1] = found[place]
  answer[#answer + 1] = found[place + 1]
  answer[#answer + 1] = redis.call('HGET', 'segue:dead:letters', found[place])
end
return answer
