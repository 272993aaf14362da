# Rule L2 in `vela repl`: workers that wait for each other are told of while it waits for an input; what a name of the session
# holds is not stuck, as the next input may use it.
. tests/examples/helper.sh
mkfifo "$work/inputs"
timeout -s KILL "${SECONDS_ALLOWED:-600}" "$VELA" repl <"$work/inputs" >"$work/out" 2>"$work/err" &
repl=$!
exec 3>"$work/inputs"
cat >&3 <<'VELA'
(tx, rx) = Channel.new()
named = Worker.spawn(() => rx.receive())
fn begin(rx, tx, name) { Worker.spawn(() => { rx.receive(); tx.send(1) }, name: name); () }
fn stuck() { (a, x) = Channel.new(); (b, y) = Channel.new(); begin(x, b, "one"); begin(y, a, "two") }
stuck()
VELA
wait_for "while others run" "$work/err"
cat >&3 <<'VELA'
tx.send(7)
block_on(named)
VELA
exec 3>&-
wait "$repl"
status=$?
check "stuck workers" 0 "deadlock: 2 tasks wait, none of which can ever go on, while others run"
check_output "what is named goes on" 'Ok(())
Some(7)'
finish
