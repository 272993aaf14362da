# Rule D3: the first Ctrl-C has a program end in order, the second one at once; SIGTERM likewise.
. tests/examples/helper.sh
status=-

# start WORKERS PATIENCE: runs $work/program.vela until it says that it is ready. (A shell has its background jobs ignore SIGINT.)
start() {
    : >"$work/out"
    VELA_WORKERS=$1 VELA_PATIENCE=$2 timeout -s KILL 600 env --default-signal=INT "$VELA" run "$work/program.vela" \
        >"$work/out" 2>"$work/err" </dev/null &
    runner=$!
    wait_for ready "$work/out" || complain "it never was ready"
    process=$(pgrep -P "$runner" || echo "$runner")
}

# ends WHAT STATUS OUTPUT: what the signals came to.
ends() {
    wait "$runner"
    status=$?
    check "$1" "$2"
    check_output "$1" "$3"
}

# tell WHAT SIGNAL STATUS OUTPUT: one signal, with more patience than is ever needed.
tell() {
    for workers in 1 3; do
        start "$workers" 600
        kill -s "$2" "$process"
        ends "$1, on $workers threads" "$3" "$4"
        [ ! -s "$work/err" ] || complain "$1, on $workers threads: something on standard error"
    done
}

# A worker that sleeps holds the Sender, so to receive is no deadlock; main cancels it as it ends.
program() {
    cat >"$work/program.vela" <<VELA
actor Counter {
    on Get { 1 }
    on Spin { spin() }
}
fn spin() { spin() }
(tx, rx) = Channel<Number>.new()
holder = Worker.spawn(() => {
    Time.sleep(600.0)
    tx.send(1)
})
try {
    print("ready")
    $1
    print("never")
} catch (e: CancellationError) {
    print(e.reason)
    throw e
} finally {
    print("finally")
    holder.cancel()
}
VELA
}

for doing in 'spin()' 'rx.receive()' 'rx.forEach(n => n)' 'Time.sleep(600.0)' 'await holder' 'await Future.delay(600.0)' \
    'block_on(Promise().future().or(holder))' 'select { Some(n) = <- rx => n }' \
    'await Counter().ask(Get())
    rx.collect()'; do
    program "$doing"
    tell "$doing" INT 130 "ready
shutdown
finally"
done
tell "SIGTERM" TERM 143 "ready
shutdown
finally"

# What is at work goes on to its end; what waits is cancelled when patience is over; nothing new starts; then actors stop.
cat >"$work/program.vela" <<'VELA'
actor A {
    on Get { 1 }
    fn postStop() { print("actor stopped") }
}
fn spin(n) { if n == 0 { 0 } else { spin(n - 1) } }
a = A()
await a.ask(Get())
drains = Worker.spawn(() => {
    spin(100000)
    print("drained")
})
waits = Worker.spawn(() => { try { Time.sleep(600.0) } catch (e: CancellationError) {
    print(e.reason)
    throw e
} finally { print("worker ended") } })
async fn alsoWaits() { try { await Future.delay(600.0) } finally { print("task ended") } }
t = alsoWaits()
try {
    print("ready")
    await waits
} finally {
    await Task.shield(() => block_on(drains))
    print(try { Worker.spawn(() => 1) } catch (e) { e.name })
}
VELA
for workers in 1 3; do
    start "$workers" 3
    kill -s INT "$process"
    wait "$runner"
    status=$?
    check "phases on $workers threads" 130
    sort "$work/out" >"$work/sorted" && mv "$work/sorted" "$work/out"
    check_output "phases on $workers threads" "WorkerPoolError
actor stopped
drained
ready
shutdown
task ended
worker ended"
done

# The end of main does not wait for a worker; Ctrl-C then finds no main.
cat >"$work/program.vela" <<'VELA'
Worker.spawn(() => {
    print("ready")
    try { Time.sleep(600.0) } finally { print("worker ended") }
})
VELA
start 2 3
kill -s TERM "$process"
ends "after the end of main" 143 "ready
worker ended"

# What does not end is reported with its trace.
cat >"$work/program.vela" <<'VELA'
fn stubborn() {
    try { Time.sleep(600.0) } catch (e: CancellationError) { () }
    stubborn()
}
w = Worker.spawn(() => {
    print("ready")
    stubborn()
}, name: "stubborn")
try { await w } finally { print("told") }
VELA
start 2 0.2
kill -s INT "$process"
ends "a task that does not end" 130 "ready
told"
grep -q 'vela: 1 task left at shutdown' "$work/err" || complain "no report of what is left"
grep -q 'worker "stubborn"' "$work/err" || complain "not by its name"
grep -q 'at stubborn' "$work/err" || complain "without its trace"

# The second signal ends it now, whichever it is.
start 2 600
kill -s INT "$process"
wait_for told "$work/out" # two of a kind that come together are one signal
kill -s INT "$process"
ends "twice" 130 "ready
told"
start 2 600
kill -s INT "$process"
wait_for told "$work/out"
kill -s TERM "$process"
ends "both" 143 "ready
told"

# main that goes on after its cancellation is given up, too.
cat >"$work/program.vela" <<'VELA'
fn stubborn() {
    try { Time.sleep(600.0) } catch (e: CancellationError) { () }
    stubborn()
}
actor A { on Get { 1 } }
A()
print("ready")
stubborn()
VELA
start 1 0.2
kill -s INT "$process"
ends "main that does not end" 130 "ready"
grep -q 'vela: main was cancelled (shutdown) and has not ended after 200ms' "$work/err" || complain "main is not told of"

# A shell's background job that ignores Ctrl-C goes on to ignore it.
cat >"$work/program.vela" <<'VELA'
fn until(path) { if !File.exists(path) {
    Time.sleep(10)
    until(path)
} }
print("ready")
until(Env.args()[0])
print("to the end")
VELA
: >"$work/out"
timeout -s KILL 600 env --ignore-signal=INT "$VELA" run "$work/program.vela" "$work/go" >"$work/out" 2>"$work/err" </dev/null &
runner=$!
wait_for ready "$work/out" || complain "it never was ready"
kill -s INT "$(pgrep -P "$runner" || echo "$runner")"
touch "$work/go"
ends "ignored" 0 "ready
to the end"
finish
