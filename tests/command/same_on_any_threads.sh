# What a program prints does not depend on the number of threads.
. tests/examples/helper.sh
cat >"$work/mix.vela" <<'VELA'
(tx, rx) = Channel<Number>.new(capacity: 3)
(0..20).forEach(k => Worker.spawn(() => (0..50).forEach(i => tx.send(k * 50 + i))))
print(rx.collect().sort() == (0..1000).toList())
fs = (0..200).map(k => Worker.spawn(() => (0..k).sum()))
print((await Future.all(fs)).sum())
VELA
sed -i '2s/.*/fn start(tx) { (0..20).forEach(k => Worker.spawn(() => (0..50).forEach(i => tx.send(k * 50 + i)))) }\nstart(tx)/' "$work/mix.vela"
for workers in 1 2 3 8; do
    VELA_WORKERS=$workers capture run "$work/mix.vela"
    check "on $workers threads" 0
    check_output "on $workers threads" "true
1313400"
done
finish
