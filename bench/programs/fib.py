import time

def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

start = time.perf_counter()
print("value", fib(32))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
