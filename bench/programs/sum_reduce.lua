local function reduce(first, last, f, sum)
    for n = first, last - 1 do sum = f(sum, n) end
    return sum
end

local start = os.clock()
print("value " .. reduce(0, 10000000, function(sum, n) return sum + n end, 0))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
