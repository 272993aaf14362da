import time

def is_safe(board, row, column):
    for i in range(row):
        other = board[i]
        if other == column or other - column == row - i or column - other == row - i:
            return False
    return True

def solve(n, board, row):
    if row == n:
        return 1
    total = 0
    for column in range(n):
        if is_safe(board, row, column):
            board[row] = column
            total += solve(n, board, row + 1)
    return total

start = time.perf_counter()
print("value", solve(10, [0] * 10, 0))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
