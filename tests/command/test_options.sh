# vela test: what each option does, and which files count.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
root=$PWD
case $VELA in /*) ;; *) VELA=$root/$VELA ;; esac
mkdir -p "$work/p/tests/deep" "$work/p/tests/_lib" "$work/p/more"
cd "$work/p" || exit 1
said() { grep -qF -- "$2" "$work/out" || complain "$1: no '$2'"; }
unsaid() { grep -qF -- "$2" "$work/out" && complain "$1: there is '$2'"; return 0; }

cat >tests/a_test.vela <<'VELA'
import "system:test"
import "./_lib/helper"
describe("group", () => {
    test("good", () => { print("hidden"); assertEquals(double(1), 2) })
    test("bad", () => assertEquals(double(1), 3))
})
VELA
printf '@test fn decorated() { print("shown when verbose") }\n' >tests/deep/b.vela
printf 'print(1)    # expect: 1\n' >tests/golden.vela
printf 'print(1)\n' >tests/program.vela
printf 'import "system:test"\npublic fn double(x) { x * 2 }\n' >tests/_lib/helper.vela
printf '# expect: 1\nimport "system:test"\nprint(1)\ntest("t", () => ())\n' >more/both.vela

# Which files count.
capture test --list
check "--list" 0
check_output "--list" "tests/a_test.vela > group > good
tests/a_test.vela > group > bad
tests/deep/b.vela > decorated
tests/golden.vela"
capture test --list more tests/program.vela
check_output "--list of paths" "more/both.vela
more/both.vela > t
tests/program.vela"
capture test more
check "a golden program with tests" 0
said "a golden program with tests" "2 passed, 0 failed in 1 file"

# Without options: tests/; output of tests that pass is hidden.
capture test
check "all" 1
said "all" "FAILED tests/a_test.vela (1 of 2 failed"
said "all" "ok     tests/deep/b.vela (1 test"
said "all" "expected 3, got 2"
said "all" "3 passed, 1 failed in 3 files"
unsaid "all" "hidden"
grep -q "$(printf '\033')" "$work/out" && complain "colours without a terminal"

# --failed runs what failed, until it passes.
capture test --failed
check "--failed" 1
said "--failed" "0 passed, 1 failed in 1 file"
sed -i 's/double(1), 3/double(1), 2/' tests/a_test.vela
capture test --failed
check "--failed after the repair" 0
said "--failed after the repair" "1 passed, 0 failed in 1 file"
capture test --failed
check "--failed without failures" 0
said "--failed without failures" "0 passed, 0 failed"

# A run of one file keeps what is known of others.
printf 'import "system:test"\ntest("x", () => assert(false))\n' >tests/x.vela
capture test tests/x.vela
capture test tests/a_test.vela
check "another file" 0
capture test --failed --list
check_output "--failed --list" "tests/x.vela > x"
rm tests/x.vela
capture test --failed
check "--failed of a file that is gone" 0

capture test --filter good
check "--filter" 0
said "--filter" "1 passed, 0 failed in 1 file"
capture test --filter="b.vela > dec" --verbose
said "--filter and --verbose" "  ok     decorated ("
said "--filter and --verbose" "    | shown when verbose"
capture test --filter golden
said "--filter of a golden program" "1 passed, 0 failed in 1 file"
capture test --filter nothing
check "--filter of nothing" 0
said "--filter of nothing" "0 passed, 0 failed in 0 files"

# TAP 14.
printf 'import "system:test"\ntest("a # b", () => assertEquals("x", "y\\t"))\n' >more/tap.vela
capture test --tap tests/golden.vela more/tap.vela
check "--tap" 1
[ "$(sed '/duration_ms/d' "$work/out")" = 'TAP version 14
ok 1 - tests/golden.vela
not ok 2 - more/tap.vela > a \# b
  ---
  message: "expected \"y\\t\", got \"x\""
  at: "more/tap.vela:2:21"
  ...
1..2' ] || complain "--tap"
capture test --tap --filter nothing
check_output "--tap of nothing" "TAP version 14
1..0 # SKIP no tests"

# The slowest first.
printf 'import "system:test"\ntest("quick", () => ())\ntest("slow", async () => { await sleep(60) })\n' >more/slow.vela
capture test --durations 1 more/slow.vela
check "--durations" 0
[ "$(sed -n '/^slowest/,$p' "$work/out" | sed -n 2p | sed 's/.* ms  //')" = "more/slow.vela > slow" ] || complain "--durations"

# Several files at a time, reported in their order.
for i in 1 2 3; do printf 'import "system:test"\ntest("t", async () => { await sleep(%d) })\n' $((40 - 10 * i)) >"more/j$i.vela"; done
capture test --jobs 3 more/j1.vela more/j2.vela more/j3.vela
[ "$(sed 's/ (.*//' "$work/out" | tr '\n' ' ')" = "ok     more/j1.vela ok     more/j2.vela ok     more/j3.vela 3 passed, 0 failed in 3 files " ] ||
    complain "--jobs"

# A test that takes too long is cancelled, whether it waits or computes; the next ones run.
cat >more/long.vela <<'VELA'
import "system:test"
fn spin(n) { if n == 0 { spin(1) } else { spin(0) } }
test("waits", async () => { try { await sleep(1000.0) } finally { print("waited") } })
test("computes", () => { try { spin(1) } finally { print("computed") } })
test("is quick", () => ())
VELA
capture test --timeout 1 more/long.vela
check "--timeout" 1
said "--timeout" "timed out after 1 s"
said "--timeout" "    | waited"
said "--timeout" "    | computed"
said "--timeout" "1 passed, 2 failed"
# What cannot be cancelled is ended, with its process: a `finally` that does not end, a file that never comes to its tests.
cat >more/stuck.vela <<'VELA'
import "system:test"
fn spin(n) { if n == 0 { spin(1) } else { spin(0) } }
test("stuck", async () => { try { await sleep(1000.0) } finally { spin(1) } })
test("is quick", () => ())
VELA
printf 'import "system:test"\nfn spin(n) { if n == 0 { spin(1) } else { spin(0) } }\nspin(1)\n' >more/top.vela
printf 'fn spin(n) { if n == 0 { spin(1) } else { spin(0) } }\nspin(1)   # expect: 1\n' >more/endless.vela
capture test --timeout=1 more/stuck.vela more/top.vela more/endless.vela
check "what cannot be cancelled" 1
said "what cannot be cancelled" "timed out after 1 s, and could not be cancelled"
said "what cannot be cancelled" "timed out outside of its tests, after 6 s"
said "what cannot be cancelled" "1 passed, 3 failed in 3 files"

# Wrong use.
capture test --jobs 0; check "--jobs 0" 2 "--jobs wants a number"
capture test --timeout soon; check "--timeout soon" 2 "--timeout wants a number"
capture test --filter; check "--filter without text" 2 "--filter needs a value"
capture test --nothing; check "an unknown option" 2 "test has no option --nothing"
capture test nowhere; check "a path that is not there" 2 "cannot read nowhere"
capture test -- --list; check "a path behind --" 2 "cannot read --list"
finish
