local function count(words)
    local counts, size = {}, 0
    for i = 1, #words do
        local word = words[i]
        local n = counts[word]
        if not n then size = size + 1 end
        counts[word] = (n or 0) + 1
    end
    return counts, size
end
local function words(n)
    local out = {}
    for i = 0, n - 1 do out[#out + 1] = "word number " .. i * 31 % 5000 end
    return out
end
local function round(n)
    local counts, size = count(words(n))
    return size + counts["word number 31"] + (counts["no such word"] or 7)
end

local start = os.clock()
local value = 0
for _ = 1, 5 do value = value + round(100000) end
print("value " .. value)
print(string.format("ms %.3f", (os.clock() - start) * 1000))
