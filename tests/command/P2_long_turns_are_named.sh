# Rule P2: at debug level a task that holds its thread for more than a millisecond is named, else it is not.
. tests/examples/helper.sh
cat >"$work/long.vela" <<'VELA'
fn deep(n) { if n == 0 { 0 } else { 1 + deep(n - 1) } }   # the way back is in one piece
job = Worker.spawn(() => deep(900000), name: "mixer")
print(block_on(job))
VELA
VELA_LOG=debug capture run "$work/long.vela"
check "debug level" 0
grep -q '^debug: worker "mixer" held a thread for [0-9.]* ms' "$work/err" || complain "the worker is not named: $(cat "$work/err")"
VELA_LOG=info capture run "$work/long.vela"
check "another level" 0
[ -s "$work/err" ] && complain "something is said without the debug level: $(cat "$work/err")"
finish
