-- catalogue, cursor or '', limit → {job, its place, job hash (empty when it is forgotten), ...}
local top = '+inf'
if ARGV[2] ~= '' then top = '(' .. ARGV[2] end
local found = redis.call('ZREVRANGEBYSCORE', of_catalogue(ARGV[1], 'jobs'), top, '-inf',
  'WITHSCORES', 'LIMIT', 0, ARGV[3])
local answer = {}
for place = 1, #found, 2 do
  answer[#answer + 1] = found[place]
  answer[#answer + 1] = found[place + 1]
  answer[#answer + 1] = redis.call('HGETALL', job_key(found[place]))
end
return answer
