import time
from math import sqrt

def entry(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)

def times(v):
    return [sum(entry(i, j) * x for j, x in enumerate(v)) for i in range(len(v))]

def times_transposed(v):
    return [sum(entry(j, i) * x for j, x in enumerate(v)) for i in range(len(v))]

def iterate(n, u):
    for _ in range(n):
        v = times_transposed(times(u))
        u = times_transposed(times(v))
    return sqrt(sum(a * b for a, b in zip(u, v)) / sum(b * b for b in v))

start = time.perf_counter()
print(f"value {iterate(5, [1.0] * 300):.9f}")
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
