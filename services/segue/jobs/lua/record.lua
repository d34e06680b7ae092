-- job, item: accepted unless the job is known
if redis.call('EXISTS', job_key(ARGV[1])) == 1 then return end
open_job(ARGV[1], ARGV[2])
accept(ARGV[1], {ARGV[2]})
