local function entry(i, j) return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1) end

local function times(v)
    local out, n = {}, #v
    for i = 0, n - 1 do
        local sum = 0.0
        for j = 0, n - 1 do sum = sum + entry(i, j) * v[j + 1] end
        out[i + 1] = sum
    end
    return out
end
local function times_transposed(v)
    local out, n = {}, #v
    for i = 0, n - 1 do
        local sum = 0.0
        for j = 0, n - 1 do sum = sum + entry(j, i) * v[j + 1] end
        out[i + 1] = sum
    end
    return out
end
local function iterate(n, u)
    local v
    for _ = 1, n do
        v = times_transposed(times(u))
        u = times_transposed(times(v))
    end
    local uv, vv = 0.0, 0.0
    for i = 1, #u do uv, vv = uv + u[i] * v[i], vv + v[i] * v[i] end
    return math.sqrt(uv / vv)
end

local start = os.clock()
local ones = {}
for i = 1, 300 do ones[i] = 1.0 end
print(string.format("value %.9f", iterate(5, ones)))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
