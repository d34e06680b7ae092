-- A request that was accepted already: the job that it went to.
local function accepted(request) return redis.call('GET', 'segue:request:' .. request) end

local function remember(request, job)
  redis.call('SET', 'segue:request:' .. request, job, 'EX', 3600)
end
