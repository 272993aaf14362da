import time

def make(depth):
    return (make(depth - 1), make(depth - 1)) if depth else None

def check(tree):
    if tree is None:
        return 1
    left, right = tree
    return check(left) + check(right) + 1

def run(depth):
    kept, total = make(depth), 0
    for d in range(4, depth + 1, 2):
        for _ in range(1 << depth - d + 4):
            total += check(make(d))
    return total + check(kept)

start = time.perf_counter()
print("value", run(14))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
