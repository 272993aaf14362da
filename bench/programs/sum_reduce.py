import functools, time

start = time.perf_counter()
print("value", functools.reduce(lambda total, n: total + n, range(10000000), 0))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
