# Rule P7: with one worker thread the same seed repeats the same run: which arm a select takes, what is drawn, who comes when.
. tests/examples/helper.sh
cat >"$work/draws.vela" <<'VELA'
fn produce(name: String, outs, log) {
    (0..30).forEach(i => {
        if Random.int(0, 3) == 0 { Task.yield_now() }
        way = select { outs[0] <- i => "a", outs[1] <- i => "b", outs[2] <- i => "c" }
        log.send("${name} ${i} ${way}")
    })
}
fn consume(name: String, ins, log) {
    got = select {
        Some(n) = <- ins[0] => "a${n}"
        Some(n) = <- ins[1] => "b${n}"
        Some(n) = <- ins[2] => "c${n}"
        closed => ""
    }
    if got != "" {
        log.send("${name} ${got} ${Random.int(0, 1000)}")
        if Random.int(0, 4) == 0 { Task.yield_now() }
        consume(name, ins, log)
    }
}
# The handles of all channels go with the workers, so the lines end when they do.
fn start() {
    (log, lines) = Channel<String>.new()
    ends = [None, Some(2), Some(0)].map(capacity => Channel<Number>.new(capacity: capacity))
    outs = ends.map(pair => pair.0)
    ins = ends.map(pair => pair.1)
    (0..3).forEach(k => Worker.spawn(() => produce("p${k}", outs, log)))
    (0..3).forEach(k => Worker.spawn(() => consume("c${k}", ins, log)))
    cancelled = Worker.spawn(() => consume("x", ins, log))
    Task.yield_now()
    cancelled.cancel()
    log.send("cancelled ${try { block_on(cancelled) } catch (e) { e.message }}")
    lines
}
start().forEach(line => print(line))
VELA
run_with() { VELA_WORKERS=1 VELA_SEED=$1 capture run "$work/draws.vela"; check "seed $1" 0; }
run_with 1
cp "$work/out" "$work/first"
[ "$(wc -l <"$work/first")" -ge 91 ] || complain "too few lines"
for again in 1 2 3 4 5; do
    run_with 1
    cmp -s "$work/out" "$work/first" || complain "the same seed: run $again differs: $(diff "$work/first" "$work/out" | head -n 4)"
done
run_with 2
cmp -s "$work/out" "$work/first" && complain "another seed draws the same"
finish
