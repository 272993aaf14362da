# vela repl: inputs from a pipe, and from a terminal where `script` can make one.
. tests/examples/helper.sh

# session TEXT: runs the lines of TEXT; output and errors together, in their order.
session() {
    printf '%s\n' "$1" | timeout -s KILL "${SECONDS_ALLOWED:-600}" "$VELA" repl >"$work/out" 2>&1
    status=$?
    : >"$work/err"
}

# gives WHAT TEXT EXPECTED
gives() {
    session "$2"
    check "$1" 0
    check_output "$1" "$3"
}

gives "values" '1 + 2
"text"
[1, "a"]
()
x = 5
print("printed")
None' '3
text
[1, "a"]
printed
None'

gives "names stay, state can be assigned" 'state n = 1
fn up(k) { n = n + k }
up(4)
n += 10
n
x = 2
y = x * 3
x = "again"
x + "${y}"
state late: Number
late = 7
late
state xs = [1, 2]
xs[0] = 9
xs' '15
again6
7
[9, 2]'

gives "inputs of several lines" 'fn f(a) {
    # a comment with ( in it
    a +
        1
}
f(1)
[1,

 2].map(x =>
    x * 10)
x =
    5
t = """
    two
    lines
    """
t
/* a comment
   that goes on */ 8
f(' '2
[10, 20]
two
lines
8
input 8:1:2: error E109: this `(` is never closed
f(
 ^'

gives "declarations are seen later" 'enum Shape { Circle(Number), Dot }
struct P { x: Number }
class C { state n: Number = 0
    fn up() { n = n + 1 } }
c = C()
c.up()
c.n
match Circle(4) { Circle(r) => r, Dot => 0 }
p: P = P { x: 3 }
p
enum Other { Dot }
Dot' '1
4
P(x: 3)
Other.Dot'

gives "errors leave the session as it was" 'x = 1
x = 1 / 0
x
y = nowhere
fn nowhere() { 3 }
y = nowhere()
y
throw "boom"
Err("a value")
let z = 1' 'uncaught DivisionByZeroError: 1 / 0
  at <module> (input 2:1:7)
1
input 4:1:5: error E307: unknown name `nowhere`
y = nowhere
    ^~~~~~~
3
uncaught Error: boom
  at <module> (input 8:1:1)
Err("a value")
input 10:1:1: error E110: `let` is not part of Vela
let z = 1
^~~
hint: a name needs no keyword: write `x = …`, or `state x = …` if it changes'

gives "await, workers, closures" 'await (async { 42 })
base = 10
add = k => k + base
await Worker.spawn(() => add(5))
state hits = 0
[1, 2, 3].forEach(i => { hits += i })
hits
f = Future.delay(5, "later")
await f' '42
15
6
later'

gives "the types of values" ':type 1.5
:type [1].map(x => x)
n = 3
:type n' 'Float
List
Number'

gives "commands" ':nothing
:type
:quit
print("not reached")' 'vela: there is no command like this; :help lists them
vela: there is no command like this; :help lists them'

session 'fn double(x) { x * 2 }
:dump double
:dump 1 + double(3)
:help
:dump nothing'
check "dumps" 0
grep -q '^function [0-9]* double: 1 parameters' "$work/out" || complain "no dump of double"
grep -q '^module input 2' "$work/out" || complain "no dump of an expression"
grep -q ':type EXPR' "$work/out" || complain "no help"
grep -q 'unknown name `nothing`' "$work/out" || complain "no error of a name that is not there"

# An imported file is one module for the whole session; one that could not be read is read again.
mkdir "$work/files"
printf 'print("evaluated")\npublic state n = 0\npublic fn up() { n = n + 1 }\n' >"$work/files/counter.vela"
gives "imports" "import \"$work/files/counter\"
up()
import \"$work/files/counter\" as c
c.up()
n
n = 5
n" 'evaluated
2
input 6:1:1: error E301: cannot assign to `n`: it belongs to the module '"$work/files/counter.vela"'
n = 5
^
hint: a public function of that module can assign to it
2'

session 'exit(3)'
[ "$status" = 3 ] || complain "exit(3) in a session"

# ---- On a terminal ----
command -v script >/dev/null || skip "there is no script(1)"
flavour tiny && finish && exit 0

# shows TEXT: waits until the terminal shows TEXT behind what was seen before; false: it does not. What follows it is not seen yet.
seen=0
shows() {
    local tries=0 place
    until place=$(tail -c +$((seen + 1)) "$work/terminal" | grep -obaF -m 1 -- "$1" | head -n 1) && [ -n "$place" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 3000 ] && kill -0 "$terminal" 2>/dev/null || { complain "the terminal does not show: $1"; return 1; }
        sleep 0.05
    done
    seen=$((seen + ${place%%:*} + ${#1}))
}
# keys TEXT: types it.
keys() { printf "$1" >&9; }
trap '' PIPE # a session that has ended is told of, not typed to
mkfifo "$work/keys"
: >"$work/terminal"
mkdir "$work/state"
# `exec`: a shell in between would take Ctrl-C too, and some end with its status for it.
XDG_STATE_HOME=$work/state TERM=xterm LC_ALL=C.UTF-8 SHELL=/bin/sh timeout -s KILL 600 \
    script -qfec "exec $VELA" "$work/log" <"$work/keys" >"$work/terminal" 2>&1 &
terminal=$!
exec 9>"$work/keys"
shows ":help tells more" && shows "vela> " &&
    keys '20 + 22\n' && shows "42" && shows "vela> " &&
    keys 'dropped' && shows "dropped" && keys '\003' && shows "vela> " &&
    keys '\003' && shows "vela> " && # as soon as the prompt is there
    keys '(1 +\n' && shows "  ... " &&
    keys '\003' && shows "vela> " &&
    keys 'fn spin(n) { spin(n + 1) }\n' && shows "vela> " &&
    keys 'print("a" * 9); spin(0)\n' && shows "aaaaaaaaa" &&
    keys '\003' && shows "CancellationError" && shows "vela> " &&
    keys '"h\303\244" + "!"\n' && shows "hä!" && shows "vela> " &&
    keys ':quit\n'
exec 9>&-
wait "$terminal"
status=$?
cp "$work/terminal" "$work/out"
[ "$status" = 0 ] || complain "the session on a terminal ended with status $status"
if ldd "$VELA" | grep -q libedit; then
    grep -q "spin(0)" "$work/state/vela_history" || complain "no history was kept"
fi
finish
