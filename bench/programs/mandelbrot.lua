local function stays(cx, cy, n)
    local x, y = 0.0, 0.0
    for _ = 1, n do
        local xx, yy = x * x, y * y
        if xx + yy > 4.0 then return false end
        x, y = xx - yy + cx, 2.0 * x * y + cy
    end
    return true
end
local function count(size)
    local step, sum = 3.0 / size, 0
    for j = 0, size - 1 do
        local cy = j * step - 1.5
        for i = 0, size - 1 do
            if stays(i * step - 2.0, cy, 50) then sum = sum + 1 end
        end
    end
    return sum
end

local start = os.clock()
print("value " .. count(800))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
