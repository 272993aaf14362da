local function is_safe(board, row, column)
    for i = 0, row - 1 do
        local other = board[i + 1]
        if other == column or other - column == row - i or column - other == row - i then return false end
    end
    return true
end
local function solve(n, board, row)
    if row == n then return 1 end
    local sum = 0
    for column = 0, n - 1 do
        if is_safe(board, row, column) then
            board[row + 1] = column
            sum = sum + solve(n, board, row + 1)
        end
    end
    return sum
end

local start = os.clock()
print("value " .. solve(10, {}, 0))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
