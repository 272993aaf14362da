# Ctrl-C during `vela test`: the tests that are over are told of, the running one is ended, nothing more begins; status 130.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
cat >"$work/a_test.vela" <<VELA
import "system:test"
test("over", () => assertEquals(1, 1))
test("runs", () => { File.write("$work/begun", "x"); Time.sleep(600.0) })
test("never begins", () => assertEquals(1, 2))
VELA
printf 'import "system:test"\ntest("another file", () => assertEquals(1, 2))\n' >"$work/b_test.vela"

# interrupted ARG...: as capture, with SIGINT once the second test has begun.
interrupted() {
    rm -f "$work/begun"
    timeout -s KILL 600 env --default-signal=INT "$VELA" test --jobs 1 "$@" "$work/a_test.vela" "$work/b_test.vela" \
        >"$work/out" 2>"$work/err" </dev/null &
    timeout=$!
    until [ -s "$work/begun" ] || ! kill -0 "$timeout" 2>/dev/null; do sleep 0.02; done
    kill -s INT "$(pgrep -P "$timeout" || echo "$timeout")"
    wait "$timeout"
    status=$?
}

interrupted
check "Ctrl-C" 130
grep -qF "1 passed, 0 failed in 1 file" "$work/out" || complain "Ctrl-C: the sums"
grep -qxF "interrupted" "$work/out" || complain "Ctrl-C: it does not say so"
grep -qF "never begins" "$work/out" && complain "Ctrl-C: a test that never began is told of"

interrupted --tap
check "--tap" 130
grep -qF "ok 1 - " "$work/out" || complain "--tap: what was over"
grep -qF "Bail out!" "$work/out" || complain "--tap: no bail out"
finish
