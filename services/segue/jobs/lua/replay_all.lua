-- job, request, reason or '', most at once → {number found now, job, number in the job}, or false:
-- no room
local job, request = ARGV[1], ARGV[2]
job = accepted(request) or job
-- What is left stays a dead letter when its replay is cancelled half-way.
if stopped(job) then return {0, job, tonumber(redis.call('HGET', job_key(job), 'total'))} end
if full() then return false end
local source = 'segue:dead'
if ARGV[3] ~= '' then source = source .. ':reason:' .. ARGV[3] end
local ids = redis.call('ZRANGE', source, 0, ARGV[4] - 1)
if #ids > 0 then
  local items = {}
  for _, id in ipairs(ids) do items[#items + 1] = exhume(id).item end
  open_job(job)
  remember(request, job)
  accept(job, items)
end
return {#ids, job, tonumber(redis.call('HGET', job_key(job), 'total') or 0)}
