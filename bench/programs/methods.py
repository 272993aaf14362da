import time

class Counter:
    def __init__(self, step):
        self.value = 0
        self.step = step

    def add(self, n):
        self.value += n * self.step

    def half(self):
        return self.value // 2

    def scaled(self, n):
        return self.half() + n

class Doubling(Counter):
    def half(self):
        return self.value

def drive(counter, n):
    total = 0
    while n != 0:
        counter.add(n % 3)
        total += counter.scaled(n) % 7
        n -= 1
    return total

start = time.perf_counter()
print("value", drive(Counter(2), 1000000) + drive(Doubling(3), 1000000))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
