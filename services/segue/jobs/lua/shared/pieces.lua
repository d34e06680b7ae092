-- JSON texts of [[item, state], ...] with `together` items each, and how many items they
-- hold: no more than fit in so many bytes, but one in any case.
-- Few long texts instead of many short ones: a reader takes them in faster.
local function pieces(key, numbers, together, most_bytes)
  local texts, rows, told, bytes = {}, {}, 0, 0
  for _, number in ipairs(numbers) do
    local item = redis.call('HGET', key .. ':items', number)
    local state = redis.call('HGET', key .. ':states', number)
    local row = '[' .. item .. ',' .. state .. ']'
    bytes = bytes + #row
    if told > 0 and bytes > most_bytes then break end
    rows[#rows + 1], told = row, told + 1
    if #rows == together then
      texts[#texts + 1] = '[' .. table.concat(rows, ',') .. ']'
      rows = {}
    end
  end
  if #rows > 0 then texts[#texts + 1] = '[' .. table.concat(rows, ',') .. ']' end
  return texts, told
end
