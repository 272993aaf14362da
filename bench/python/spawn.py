import asyncio, time
async def job(i): return i
async def main(): return sum(await asyncio.gather(*[asyncio.create_task(job(i)) for i in range(100000)]))
start = time.perf_counter()
print("value", asyncio.run(main()))
print(f"ms {(time.perf_counter() - start) * 1000:.3f}")
