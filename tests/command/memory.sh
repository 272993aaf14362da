# Memory that runs out is an error of the program, not the end of the process by a signal.
. tests/examples/helper.sh
flavour asan && skip "the sanitizer reserves its own address space"
flavour tsan && skip "the sanitizer reserves its own address space"

cat >"$work/grow.vela" <<'VELA'
fn grow(xs) { grow(xs + xs) }
print("before")
grow(["x", 1])
VELA
capture_limited() { # KIB FILE
    (ulimit -v "$1"; exec timeout -s KILL 600 "$VELA" run "$2" >"$work/out" 2>"$work/err" </dev/null)
    status=$?
}
capture_limited 600000 "$work/grow.vela"
check "a list that doubles" 1 OutOfMemoryError
check_output "what was printed before" "before"

cat >"$work/text.vela" <<'VELA'
r = try { (0..60).reduce((s, i) => s + s, "0123456789").length } catch (e: OutOfMemoryError) { "caught" }
print(r)
print([1, 2, 3].map(x => x * 2))
VELA
capture_limited 600000 "$work/text.vela"
check "caught" 0
check_output "goes on after it" "caught
[2, 4, 6]"

cat >"$work/workers.vela" <<'VELA'
fn grow(xs) { grow(xs + xs) }
good = Worker.spawn(() => (0..100000).sum())
bad = Worker.spawn(() => grow(["x", 1]))
print(try { await bad } catch (e: OutOfMemoryError) { "out of memory" })
print(await good)
VELA
capture_limited 600000 "$work/workers.vela"
check "one worker of two" 0
check_output "the other's result is there" "out of memory
4999950000"

cat >"$work/deep.vela" <<'VELA'
fn endless(n) { 1 + endless(n + 1) }
endless(0)
VELA
capture_limited 600000 "$work/deep.vela"
check "endless recursion" 1 StackOverflowError
finish
