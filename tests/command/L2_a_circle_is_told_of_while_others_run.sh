# Rule L2: tasks that wait for each other are told of on standard error while main runs, which does not wait for them.
. tests/examples/helper.sh
status=-
cat >"$work/program.vela" <<'VELA'
(a, from_a) = Channel<Number>.new()
(b, from_b) = Channel<Number>.new()
fn start(name: String, rx: Receiver<Number>, tx: Sender<Number>) { Worker.spawn(() => { n = rx.receive(); tx.send(1); n }, name: name) }
start("one", from_b, a)
start("two", from_a, b)
fn until(path) { if !File.exists(path) {
    Time.sleep(10)
    until(path)
} }
until(Env.args()[0])
print("main goes on")
VELA
timeout -s KILL 600 "$VELA" run "$work/program.vela" "$work/go" >"$work/out" 2>"$work/err" </dev/null &
runner=$!
wait_for 'in a circle, worker "' "$work/err" || complain "nobody is told"
touch "$work/go"
wait "$runner"
status=$?
check "two of many" 0 "deadlock: 2 tasks wait, none of which can ever go on, while others run"
check_output "two of many" "main goes on"
finish
