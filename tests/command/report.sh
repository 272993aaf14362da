# SIGQUIT: every task of a running program, where it is and what it waits for; then the program goes on.
. tests/examples/helper.sh
status=-

# ask WORKERS TEXT: runs $work/program.vela GO, asks it until the report has the text, then lets it end.
ask() {
    rm -f "$work/go" "$work/out" "$work/err"
    touch "$work/out" "$work/err"
    VELA_WORKERS=$1 timeout -s KILL 600 "$VELA" run "$work/program.vela" "$work/go" >"$work/out" 2>"$work/err" </dev/null &
    runner=$!
    wait_for ready "$work/out" || complain "on $1 threads: it never was ready"
    process=$(pgrep -P "$runner" || echo "$runner")
    for _ in $(seq 3000); do # until all have come to where they wait
        kill -QUIT "$process"
        sleep 0.1
        grep -qE -- "$2" "$work/err" && break
    done
    touch "$work/go"
    wait "$runner"
    status=$?
    check "on $1 threads" 0
    check_output "on $1 threads" "ready
went on"
}

# has TEXT: what the report has to say.
has() { grep -qE -- "$1" "$work/err" || complain "no '$1' in the report"; }

cat >"$work/program.vela" <<'VELA'
(tx, rx) = Channel<Number>.new()
(stop, stopped) = Channel<Number>.new()
fn idle(r: Receiver<Number>) { r.receive() }
fn spin(r: Receiver<Number>, n: Number) { if n % 1000 == 0 && r.is_closed() { n } else { spin(r, n + 1) } }
fn until(path: String) { if !File.exists(path) { Time.sleep(10); until(path) } }
async fn nested(f: Future<Number>) { await f }
workers = (0..300).map(i => Worker.spawn(() => idle(rx)))
named = Worker.spawn(() => block_on(nested(Worker.spawn(() => spin(stopped, 0), name: "busy"))), name: "waiting")
actor Quiet { on Hello { 1 } }
quiet = spawn Quiet()
quiet.ask(Hello()).await()
print("ready")
until(Env.args()[0])
stop.close()
tx.close()
await named
ActorSystem.stop(quiet)
print("went on")
VELA
for workers in 1 2; do
    ask "$workers" "in idle .* .300 tasks alike"
    has '^tasks: 305 tasks, [0-9.]+s after the start$'
    has '^  main .*, in until \('
    has '^  a worker spawned in <lambda> \(.*:7:.*\) waits to receive from a channel made in <module> \(.*:1:.*\), which has 1 open sender and 1 receiver, in idle \(.*:3:.*\) \[300 tasks alike, for '
    has '^    at idle \('
    has '^  worker "waiting" spawned in .* waits for the result of task nested of worker "waiting", in <lambda> \(.*:8:.*\) \[id [0-9]+, for '
    has '^  task nested of worker "waiting" spawned in .* waits for the result of worker "busy", in nested '
    has '^  worker "busy" spawned in .* runs, in spin '
    has '^  actor Quiet.* waits for its next message \[id '
done

# A main that computes is asked at its next safepoint.
cat >"$work/program.vela" <<'VELA'
print("ready")
fn busy(path: String, n: Number) { if n % 1000 == 0 && File.exists(path) { print("went on") } else { busy(path, n + 1) } }
busy(Env.args()[0], 0)
VELA
ask 1 "main"
has '^  main .*, in busy \('
finish
