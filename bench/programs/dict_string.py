import time

def count(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts

def round_of(n):
    counts = count([f"word number {i * 31 % 5000}" for i in range(n)])
    return len(counts) + counts["word number 31"] + counts.get("no such word", 7)

start = time.perf_counter()
print("value", sum(round_of(100000) for _ in range(5)))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
