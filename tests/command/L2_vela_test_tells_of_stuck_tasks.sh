# Rule L2 in `vela test`: a test that can never go on fails with who waits for whom, though others of its file run.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
cat >"$work/stuck.vela" <<'VELA'
import "system:test"
fn start(rx, tx) { Worker.spawn(() => { n = rx.receive(); tx.send(1); n }, name: "other") }
test("stuck", () => {
    sleeper = Worker.spawn(() => Time.sleep(60.0))
    (a, from_a) = Channel<Number>.new()
    (b, from_b) = Channel<Number>.new()
    start(from_b, a)
    from_a.receive()
    b.send(1)
    sleeper.cancel()
})
test("fine", () => assertEquals(1, 1))
VELA
capture test "$work/stuck.vela"
check "a stuck test" 1
grep -qF "none of which can ever go on, while others run" "$work/out" || complain "a stuck test: no report"
grep -qF "1 passed, 1 failed" "$work/out" || complain "a stuck test: the other one"
finish
