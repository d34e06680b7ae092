-- job, mode (new, add), request, item...
-- → {job, 1}: accepted; {job, 0, whether the first item's upload is still needed}: accepted before;
--   false: no such job; 'stopped': the job was cancelled; 'full': no room
local job, mode, request = ARGV[1], ARGV[2], ARGV[3]
local before = accepted(request)
if before then
  local uri = spool_uri(ARGV[4])
  return {before, 0, uri and redis.call('SISMEMBER', 'segue:spooled', uri) or 0}
end
if full() then return 'full' end
if mode == 'add' and redis.call('EXISTS', job_key(job)) == 0 then return false end
if mode == 'add' and stopped(job) then return 'stopped' end
open_job(job, ARGV[4])
remember(request, job)
local items = {}
for place = 4, #ARGV do items[#items + 1] = ARGV[place] end
accept(job, items)
return {job, 1}
