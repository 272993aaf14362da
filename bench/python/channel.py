import queue, sys, threading, time
capacity = int(sys.argv[1]) if len(sys.argv) > 1 else 0
messages = queue.Queue(capacity) if capacity else queue.SimpleQueue()
total = 0
def produce():
    for i in range(1000000): messages.put(i)
    messages.put(None)
def consume():
    global total
    while (n := messages.get()) is not None: total += n
start = time.perf_counter()
threads = [threading.Thread(target=produce), threading.Thread(target=consume)]
for t in threads: t.start()
for t in threads: t.join()
print("value", total)
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
