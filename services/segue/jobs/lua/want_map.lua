-- wanted; id, whether somebody asks for it now, whether all is to be laid out anew
-- → 1 when it is wanted from now on; 0 when it was already, and nobody asks for it now
local wanted = KEYS[1]
if redis.call('EXISTS', wanted) == 1 and ARGV[2] == '0' then return 0 end
-- Another id: whoever makes one now has not read what is there now.
redis.call('HSET', wanted, 'id', ARGV[1], 'not_before', '0')
if ARGV[3] == '1' then redis.call('HSET', wanted, 'anew', '1') end
return 1
