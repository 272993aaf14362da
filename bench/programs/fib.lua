local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end

local start = os.clock()
print("value " .. fib(32))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
