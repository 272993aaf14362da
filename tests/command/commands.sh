# The command's own surface: its words, its options, its exit statuses.
. tests/examples/helper.sh
printf 'print("hi")\n' >"$work/good.vela"
printf 'x = 1\nx = 2\n' >"$work/bad.vela"
printf 'throw ValueError("boom")\n' >"$work/throws.vela"
printf 'print(1\n' >"$work/syntax.vela"

capture --version
check "--version" 0
grep -qE '[0-9]+\.[0-9]+\.[0-9]+' "$work/out" || complain "--version names no version"
capture help
check "help" 0
for word in run check test dump VELA_WORKERS VELA_PATIENCE VELA_SEED VELA_LOG; do
    grep -qw "$word" "$work/out" || complain "help does not mention $word"
done
capture
[ "$status" != 0 ] || complain "no command at all"
capture nonsense
[ "$status" != 0 ] || complain "an unknown command"
[ -s "$work/err" ] || complain "an unknown command is not explained"

capture run "$work/good.vela"
check "run" 0
check_output "run" hi
capture run "$work/throws.vela"
check "an uncaught error" 1 "ValueError: boom"
grep -q "throws.vela:1" "$work/err" || complain "an uncaught error without its line"

capture check "$work/good.vela"
check "check of a good file" 0
check_output "check runs nothing" ""
capture check "$work/bad.vela"
check "check of a bad file" 2 "bad.vela:2:1: error E301"
grep -q 'x = 2' "$work/err" || complain "no source line"
grep -q '\^' "$work/err" || complain "no caret"
capture check "$work/good.vela" "$work/bad.vela" "$work/syntax.vela"
check "check of several" 2 "bad.vela:2:1"
grep -q "syntax.vela" "$work/err" || complain "check stops at the first bad file"
capture check --syntax "$work/bad.vela"
check "check --syntax looks at syntax only" 0
capture check --syntax "$work/syntax.vela"
check "check --syntax" 2 "error E1"
capture check --json "$work/bad.vela" "$work/missing.vela"
check "check --json" 2
check_output "check --json prints objects" "{\"file\":\"$work/bad.vela\",\"line\":2,\"column\":1,\"endLine\":2,\"endColumn\":2,\"severity\":\"error\",\"code\":\"E301\",\"message\":\"cannot assign to \`x\`: it is immutable\",\"hint\":\"it is declared in line 1: write \`state\` there if it is to change, or give the new value another name\"}
{\"file\":\"$work/missing.vela\",\"line\":null,\"column\":null,\"endLine\":null,\"endColumn\":null,\"severity\":\"error\",\"code\":\"E401\",\"message\":\"cannot read $work/missing.vela: No such file or directory\",\"hint\":null}
{\"summary\":{\"files\":2,\"errors\":2,\"warnings\":0}}"
[ -s "$work/err" ] && complain "check --json writes to standard error"
mkdir -p "$work/tree/b" "$work/tree/.hidden"
printf 'print(1\n' | tee "$work/tree/z.vela" "$work/tree/b/a.vela" "$work/tree/.hidden/a.vela" >"$work/tree/text.txt"
printf '[1].append("a\\n\\"b")\n' >"$work/tree/b/warns.vela"
capture check "$work/tree"
check "check of a folder" 2 "tree/b/a.vela:1:6: error E109"
[ "$(grep -c 'error E109' "$work/err")" = 2 ] || complain "check of a folder takes every *.vela that is not hidden"
grep -q "warns.vela:1:5: warning W503" "$work/err" || complain "no warning"
capture check --deny-warnings "$work/tree/b/warns.vela"
check "check --deny-warnings" 1 "W503"
capture check "$work/tree/b/warns.vela"
check "warnings alone are no failure" 0
capture check --nonsense "$work/good.vela"
check "check with an unknown option" 2 "no option"

capture dump "$work/good.vela"
check "dump" 0
[ -s "$work/out" ] || complain "dump prints nothing"
finish
