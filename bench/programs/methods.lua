local Counter = {}
Counter.__index = Counter
function Counter.new(class, step) return setmetatable({value = 0, step = step}, class) end
function Counter:add(n) self.value = self.value + n * self.step end
function Counter:half() return self.value // 2 end
function Counter:scaled(n) return self:half() + n end

local Doubling = setmetatable({}, Counter)
Doubling.__index = Doubling
function Doubling:half() return self.value end

local function drive(counter, n)
    local sum = 0
    while n ~= 0 do
        counter:add(n % 3)
        sum = sum + counter:scaled(n) % 7
        n = n - 1
    end
    return sum
end

local start = os.clock()
print("value " .. drive(Counter:new(2), 1000000) + drive(Counter.new(Doubling, 3), 1000000))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
