import time

def joined(n):
    return len(", ".join(f"item {i}: {i % 7}" for i in range(n)))

def grown(n):
    text = ""
    while n != 0:
        text += "ab" + str(n)
        n -= 1
    return len(text)

def count_spaces(text):
    return sum(len(word.upper()) for word in text.split(" "))

def round_of(n):
    return joined(n) + grown(n) + count_spaces("the quick brown fox " * (n // 10))

start = time.perf_counter()
print("value", sum(round_of(50000) for _ in range(10)))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
