-- job, request, item ids → {job, number replayed}, the first id that is no dead letter, or false:
-- no room
local job, request = ARGV[1], ARGV[2]
local before = accepted(request)
if before then return {before, #ARGV - 2} end
if full() then return false end
for place = 3, #ARGV do
  if redis.call('HEXISTS', 'segue:dead:letters', ARGV[place]) == 0 then return ARGV[place] end
end
local items = {}
for place = 3, #ARGV do items[#items + 1] = exhume(ARGV[place]).item end
open_job(job)
remember(request, job)
accept(job, items)
return {job, #items}
