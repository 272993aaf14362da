local solar_mass, days, sqrt = 39.47841760435743, 365.24, math.sqrt

local function planet(x, y, z, vx, vy, vz, mass)
    return {x = x, y = y, z = z, vx = vx * days, vy = vy * days, vz = vz * days, mass = mass * solar_mass}
end
local function planets()
    return {
        planet(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        planet(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
            0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
        planet(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
            -0.00276742510726411873, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
        planet(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
            0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
        planet(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
            0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
    }
end
local function rest(bodies)
    local sun = bodies[1]
    for _, b in ipairs(bodies) do
        sun.vx = sun.vx - b.vx * b.mass / solar_mass
        sun.vy = sun.vy - b.vy * b.mass / solar_mass
        sun.vz = sun.vz - b.vz * b.mass / solar_mass
    end
end
local function attract(a, b, dt)
    local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
    local square = dx * dx + dy * dy + dz * dz
    local pull = dt / (square * sqrt(square))
    local to_a, to_b = b.mass * pull, a.mass * pull
    a.vx = a.vx - dx * to_a
    a.vy = a.vy - dy * to_a
    a.vz = a.vz - dz * to_a
    b.vx = b.vx + dx * to_b
    b.vy = b.vy + dy * to_b
    b.vz = b.vz + dz * to_b
end
local function advance(bodies, dt)
    local n = #bodies
    for i = 1, n do
        local a = bodies[i]
        for j = i + 1, n do attract(a, bodies[j], dt) end
    end
    for i = 1, n do
        local b = bodies[i]
        b.x = b.x + dt * b.vx
        b.y = b.y + dt * b.vy
        b.z = b.z + dt * b.vz
    end
end
local function energy(bodies)
    local sum, n = 0.0, #bodies
    for i = 1, n do
        local a = bodies[i]
        sum = sum + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j = i + 1, n do
            local b = bodies[j]
            local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            sum = sum - a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return sum
end
local function run(steps)
    local bodies = planets()
    rest(bodies)
    for _ = 1, steps do advance(bodies, 0.01) end
    return energy(bodies)
end

local start = os.clock()
print(string.format("value %.9f", run(50000)))
print(string.format("ms %.3f", (os.clock() - start) * 1000))
