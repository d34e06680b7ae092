-- lease (ms), then the owners whose items run on
local deadline = whole(now_ms() + ARGV[1])
for place = 2, #ARGV do
  local id = held(ARGV[place])
  if id then redis.call('ZADD', 'segue:leases', 'XX', deadline, id) end
end
