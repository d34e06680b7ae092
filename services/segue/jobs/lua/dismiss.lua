-- catalogue, request, item ids → number dismissed, or the first id that is no dead letter
local key = 'segue:dismissed:' .. ARGV[2]
local before = redis.call('GET', key)
if before then return tonumber(before) end
for place = 3, #ARGV do
  if not is_dead(ARGV[1], ARGV[place]) then return ARGV[place] end
end
for place = 3, #ARGV do dismiss(ARGV[place]) end
redis.call('SET', key, #ARGV - 2, 'EX', 3600)
return #ARGV - 2
