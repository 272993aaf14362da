import time

def fill(n):
    d = {}
    for i in range(n):
        d[i * 17] = i
    return d

def touch(d, n):
    for i in range(n):
        k = i % 100 * 17
        d[k] = d[k] + d.get(i, 1)
    return d

start = time.perf_counter()
print("value", sum(sum(touch(fill(100000), 200000).values()) for _ in range(5)))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
