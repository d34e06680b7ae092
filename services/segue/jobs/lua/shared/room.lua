-- What is left over is for what becomes of accepted tracks, and for tasks of producers, which
-- nobody asks before.
local FULL_SHARE = 0.8

local function full()
  local memory = redis.pcall('INFO', 'memory')
  if type(memory) ~= 'string' then return false end
  local most = tonumber(string.match(memory, 'maxmemory:(%d+)'))
  return most > 0 and tonumber(string.match(memory, 'used_memory:(%d+)')) > FULL_SHARE * most
end
