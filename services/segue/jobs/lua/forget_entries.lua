-- listener, first entry (exclusive where it begins with a bracket), last entry, how many to look at
-- → {how many were removed, entry to go on after, or nothing at the end}
local found = redis.call('XRANGE', STREAM, ARGV[2], ARGV[3], 'COUNT', ARGV[4])
local removed = 0
for _, entry in ipairs(found) do
  if entry[2][2] == ARGV[1] then removed = removed + redis.call('XDEL', STREAM, entry[1]) end
end
if #found < tonumber(ARGV[4]) then return {removed} end
return {removed, found[#found][1]}
