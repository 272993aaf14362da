local function sum_to(n, sum) if n == 0 then return sum end return sum_to(n - 1, sum + n) end

local start = os.clock()
print("value " .. sum_to(10000000, 0))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
