# Rule P4: waiting costs nothing, one timer wakes for that timer only; worker threads carry their names, the environment bounds their number.
. tests/examples/helper.sh
flavour asan && skip "the sanitizers' own threads and costs"
flavour tsan && skip "the sanitizers' own threads and costs"

cat >"$work/wait.vela" <<'VELA'
gate = Promise<Number>()
opened = gate.future()
waiting = (0..100).map(k => Worker.spawn(() => block_on(opened)))
Worker.spawn(() => { Time.sleep(5000); gate.resolve(1) })
print((await Future.all(waiting)).sum())
VELA
VELA_WORKERS=2 "$VELA" run "$work/wait.vela" >"$work/out" 2>"$work/err" &
process=$!
switches() { awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n }' "/proc/$1"/task/*/status; }
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
# Its beginning takes a while on a busy machine, so the time in which it costs nothing may come later; but it comes.
for _ in 1 2 3 4 5 6 7; do
    before=$(ticks "$process")
    woken=$(switches "$process")
    names=$(cat /proc/"$process"/task/*/comm)
    sleep 0.6
    used=$(($(ticks "$process") - before))
    woken=$(($(switches "$process") - woken))
    [ "$used" -gt 1 ] || [ "$woken" -gt 2 ] || break
done
wait "$process"
status=$?
check "a program that waits" 0
check_output "a program that waits" 100
[ "$used" -le 1 ] || complain "$used ticks of processor time while waiting"
[ "$woken" -le 2 ] || complain "threads woke $woken times before the timer's time"
echo "$names" | grep -q '^vela-worker-' || complain "no thread is named vela-worker-N, but: $names"
[ "$(echo "$names" | grep -c '^vela-worker-')" -le 2 ] || complain "more than VELA_WORKERS threads: $names"
finish
