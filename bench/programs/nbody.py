import time
from math import sqrt

solar_mass, days = 39.47841760435743, 365.24

class Body:
    def __init__(self, x, y, z, vx, vy, vz, mass):
        self.x, self.y, self.z = x, y, z
        self.vx, self.vy, self.vz = vx * days, vy * days, vz * days
        self.mass = mass * solar_mass

def planets():
    return [
        Body(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
        Body(4.84143144246472090, -1.16032004402742839, -0.103622044471123109,
             0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
        Body(8.34336671824457987, 4.12479856412430479, -0.403523417114321381,
             -0.00276742510726411873, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
        Body(12.8943695621391310, -15.1111514016986312, -0.223307578892655734,
             0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
        Body(15.3796971148509165, -25.9193146099879641, 0.179258772950371181,
             0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
    ]

def rest(bodies):
    sun = bodies[0]
    for b in bodies:
        sun.vx -= b.vx * b.mass / solar_mass
        sun.vy -= b.vy * b.mass / solar_mass
        sun.vz -= b.vz * b.mass / solar_mass

def attract(a, b, dt):
    dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
    square = dx * dx + dy * dy + dz * dz
    pull = dt / (square * sqrt(square))
    to_a, to_b = b.mass * pull, a.mass * pull
    a.vx -= dx * to_a
    a.vy -= dy * to_a
    a.vz -= dz * to_a
    b.vx += dx * to_b
    b.vy += dy * to_b
    b.vz += dz * to_b

def advance(bodies, dt):
    n = len(bodies)
    for i in range(n):
        a = bodies[i]
        for j in range(i + 1, n):
            attract(a, bodies[j], dt)
    for b in bodies:
        b.x += dt * b.vx
        b.y += dt * b.vy
        b.z += dt * b.vz

def energy(bodies):
    total, n = 0.0, len(bodies)
    for i in range(n):
        a = bodies[i]
        total += 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j in range(i + 1, n):
            b = bodies[j]
            dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            total -= a.mass * b.mass / sqrt(dx * dx + dy * dy + dz * dz)
    return total

def run(steps):
    bodies = planets()
    rest(bodies)
    for _ in range(steps):
        advance(bodies, 0.01)
    return energy(bodies)

start = time.perf_counter()
print(f"value {run(50000):.9f}")
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
