-- request, item ids → number dismissed, or the first id that is no dead letter
local key = 'segue:dismissed:' .. ARGV[1]
local before = redis.call('GET', key)
if before then return tonumber(before) end
for place = 2, #ARGV do
  if redis.call('HEXISTS', 'segue:dead:letters', ARGV[place]) == 0 then return ARGV[place] end
end
for place = 2, #ARGV do dismiss(ARGV[place]) end
redis.call('SET', key, #ARGV - 1, 'EX', 3600)
return #ARGV - 1
