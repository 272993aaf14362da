# Rules S1 and P7: a select draws from its isolate's generator, so a seed repeats what it chose, on any number of threads, in
# main and in workers; another seed chooses otherwise.
. tests/examples/helper.sh
cat >"$work/draws.vela" <<'VELA'
fn draws() {
    channels = (0..4).map(_ => Channel.new())
    channels.forEach((tx, rx) => (0..60).forEach(i => tx.send(i)))
    rs = channels.map((tx, rx) => rx)
    drawn = (0..60).map(_ => select { <- rs[0] => 0, <- rs[1] => 1, <- rs[2] => 2, <- rs[3] => 3 })
    channels.forEach((tx, rx) => tx.close())
    drawn.join("")
}
print(draws())
print(block_on(Worker.spawn(draws)))
print(await Future.all([Worker.spawn(draws), Worker.spawn(draws)]))
VELA
draw() {
    VELA_SEED=$1 VELA_WORKERS=$2 capture run "$work/draws.vela"
    check "seed $1 on $2 threads" 0
    cp "$work/out" "$work/seed-$1-$2"
}
draw 1 1
draw 1 2
draw 1 4
draw 2 2
cmp -s "$work/seed-1-1" "$work/seed-1-2" || complain "the same seed chose otherwise on two threads"
cmp -s "$work/seed-1-1" "$work/seed-1-4" || complain "the same seed chose otherwise on four threads"
cmp -s "$work/seed-1-2" "$work/seed-2-2" && complain "another seed chose the same"
[ "$(sort -u "$work/seed-1-1" | wc -l)" -eq 3 ] || complain "isolates share a sequence"
finish
