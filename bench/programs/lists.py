import time

def round_of(n):
    numbers = [i * 7 % 1000 for i in range(n)]
    even = [x for x in [x * 3 + 1 for x in numbers] if x % 2 == 0]
    grown = []
    for x in even:
        grown.append(x + 1)
    picked = 0
    for i in range(len(grown)):
        picked += grown[i]
    return picked + sum(grown[::-1][:100])

start = time.perf_counter()
print("value", sum(round_of(100000) for _ in range(20)))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
