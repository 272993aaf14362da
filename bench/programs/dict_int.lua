local function fill(n)
    local d = {}
    for i = 0, n - 1 do d[i * 17] = i end
    return d
end
local function touch(d, n)
    for i = 0, n - 1 do
        local k = i % 100 * 17
        d[k] = d[k] + (d[i] or 1)
    end
    return d
end
local function round(n)
    local sum = 0
    for _, v in pairs(touch(fill(n), 2 * n)) do sum = sum + v end
    return sum
end

local start = os.clock()
local value = 0
for _ = 1, 5 do value = value + round(100000) end
print("value " .. value)
print(string.format("ms %.3f", (os.clock() - start) * 1000))
