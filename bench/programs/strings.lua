local function joined(n)
    local parts = {}
    for i = 0, n - 1 do parts[#parts + 1] = "item " .. i .. ": " .. i % 7 end
    return #table.concat(parts, ", ")
end
-- A string grown with `..` is copied each time: Lua's way is a table and one concat.
local function grown(n)
    local parts = {}
    for i = n, 1, -1 do parts[#parts + 1] = "ab" .. tostring(i) end
    return #table.concat(parts)
end
local function count_spaces(text)
    local sum = 0
    for word in text:gmatch("[^ ]+") do sum = sum + #word:upper() end
    return sum
end
local function round(n) return joined(n) + grown(n) + count_spaces(("the quick brown fox "):rep(n // 10)) end

local start = os.clock()
local value = 0
for _ = 1, 10 do value = value + round(50000) end
print("value " .. value)
print(string.format("ms %.3f", (os.clock() - start) * 1000))
