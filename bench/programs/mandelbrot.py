import time

def stays(cx, cy, n):
    x = y = 0.0
    for _ in range(n):
        xx, yy = x * x, y * y
        if xx + yy > 4.0:
            return False
        x, y = xx - yy + cx, 2.0 * x * y + cy
    return True

def count(size):
    step, total = 3.0 / size, 0
    for j in range(size):
        cy = j * step - 1.5
        for i in range(size):
            if stays(i * step - 2.0, cy, 50):
                total += 1
    return total

start = time.perf_counter()
print("value", count(800))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
