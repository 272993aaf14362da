# vela test: runs programs, compares their `# expect:` comments.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
mkdir "$work/suite"
printf 'print(1 + 1)   # expect: 2\n' >"$work/suite/good.vela"
capture test "$work/suite"
check "a suite that passes" 0
printf 'print(1 + 1)   # expect: 3\n' >"$work/suite/bad.vela"
capture test "$work/suite"
check "a suite that fails" 1
cat "$work/out" "$work/err" | grep -q "bad.vela" || complain "the failing file is not named"
finish
