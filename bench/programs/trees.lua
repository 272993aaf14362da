local function make(depth)
    if depth == 0 then return {} end
    return {make(depth - 1), make(depth - 1)}
end
local function check(tree)
    if not tree[1] then return 1 end
    return check(tree[1]) + check(tree[2]) + 1
end
local function run(depth)
    local kept, sum = make(depth), 0
    for d = 4, depth, 2 do
        for _ = 1, 1 << depth - d + 4 do sum = sum + check(make(d)) end
    end
    return sum + check(kept)
end

local start = os.clock()
print("value " .. run(14))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
