local function map(xs, f)
    local out = {}
    for i = 1, #xs do out[i] = f(xs[i]) end
    return out
end
local function filter(xs, p)
    local out = {}
    for i = 1, #xs do
        local x = xs[i]
        if p(x) then out[#out + 1] = x end
    end
    return out
end
local function reduce(xs, f, acc)
    for i = 1, #xs do acc = f(acc, xs[i]) end
    return acc
end
local function reverse(xs)
    local out, n = {}, #xs
    for i = 1, n do out[i] = xs[n + 1 - i] end
    return out
end
local function round(n)
    local numbers = {}
    for i = 0, n - 1 do numbers[i + 1] = i * 7 % 1000 end
    local even = filter(map(numbers, function(x) return x * 3 + 1 end), function(x) return x % 2 == 0 end)
    local grown = reduce(even, function(out, x) out[#out + 1] = x + 1; return out end, {})
    local picked = 0
    for i = 1, #grown do picked = picked + grown[i] end
    local last = reverse(grown)
    for i = 1, 100 do picked = picked + last[i] end
    return picked
end

local start = os.clock()
local value = 0
for _ = 1, 20 do value = value + round(100000) end
print("value " .. value)
print(string.format("ms %.3f", (os.clock() - start) * 1000))
