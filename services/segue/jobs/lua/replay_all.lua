-- catalogue, job, request, reason or '', most at once → {number found now, job, number in the job}, or
-- false: no room
local job, request = ARGV[2], ARGV[3]
job = accepted(request) or job
-- What is left stays a dead letter when its replay is cancelled half-way.
if stopped(job) then return {0, job, tonumber(redis.call('HGET', job_key(job), 'total'))} end
if full() then return false end
local ids = redis.call('ZRANGE', dead_key(ARGV[1], ARGV[4]), 0, ARGV[5] - 1)
if #ids > 0 then
  local items = {}
  for _, id in ipairs(ids) do items[#items + 1] = exhume(id).item end
  open_job(job, items[1])
  remember(request, job)
  accept(job, items)
end
return {#ids, job, tonumber(redis.call('HGET', job_key(job), 'total') or 0)}
