# vela test --watch: runs again when a program changes, comes or goes; Ctrl-C ends it.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
case $VELA in /*) ;; *) VELA=$PWD/$VELA ;; esac
mkdir -p "$work/p/tests" "$work/p/src"
cd "$work/p" || exit 1
status=-
printf 'public fn answer() { 42 }\n' >src/answer.vela
printf 'import "system:test"\nimport "../src/answer"\ntest("t", () => assertEquals(answer(), 42))\n' >tests/a.vela
mkfifo "$work/lines"
timeout -s KILL 600 "$VELA" test --watch >"$work/lines" 2>"$work/err" </dev/null &
watcher=$!
exec 3<"$work/lines"

# run WHAT SUM: reads up to the end of a run that ends with this sum; a change that is made in two steps may be met half done.
run() {
    sum=none
    while read -r line <&3; do
        printf '%s\n' "$line" >>"$work/out"
        case $line in
        *passed,*) sum=${line%% in *} ;;
        watching*) [ "$sum" != "$2" ] || return 0 ;;
        esac
    done
    complain "$1: '$sum', expected '$2'"
}

run "the first run" "1 passed, 0 failed"
printf 'public fn answer() { 43 }\n' >src/answer.vela
run "after a change of what a test imports" "0 passed, 1 failed"
printf 'public fn answer() { 42 }\n' >src/new.vela && mv src/new.vela src/answer.vela
run "after a rename" "1 passed, 0 failed"
mkdir tests/more
printf 'print(1)   # expect: 1\n' >tests/more/b.vela
run "after a file came in a new folder" "2 passed, 0 failed"
rm -r tests/more
run "after it went" "1 passed, 0 failed"
child=$(pgrep -P "$watcher" || echo "$watcher")
kill -INT $child 2>/dev/null
while read -r line <&3; do :; done # up to its end
wait "$watcher"
ended=$?
[ "$ended" = 130 ] || complain "Ctrl-C: status $ended"
finish
