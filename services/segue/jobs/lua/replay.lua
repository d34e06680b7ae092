-- catalogue, job, request, item ids → {job, number replayed}, the first id that is no dead letter, or
-- false: no room
local job, request = ARGV[2], ARGV[3]
local before = accepted(request)
if before then return {before, #ARGV - 3} end
if full() then return false end
for place = 4, #ARGV do
  if not is_dead(ARGV[1], ARGV[place]) then return ARGV[place] end
end
local items = {}
for place = 4, #ARGV do items[#items + 1] = exhume(ARGV[place]).item end
open_job(job, items[1])
remember(request, job)
accept(job, items)
return {job, #items}
