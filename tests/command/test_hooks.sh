# vela test: the order of hooks, what their errors do, failed Futures, processes that end in a test.
. tests/examples/helper.sh
export XDG_CACHE_HOME="$work/cache"
said() { grep -qF -- "$2" "$work/out" || complain "$1: no '$2'"; }

cat >"$work/order_test.vela" <<'VELA'
import "system:test"
beforeAll(() => print("first"))
beforeEach(() => print("before"))
afterEach(() => print("after"))
afterAll(() => print("last"))
describe("inner", async () => {
    beforeEach(async () => { await sleep(1); print("before inner") })
    afterEach(() => print("after inner"))
    test("one", async () => { await sleep(1); print("one") })
})
it("two", () => print("two"))
@test fn three() { print("three") }
@beforeEach async fn prepare() { await sleep(1); print("prepare") }
fn main() { print("main") }
VELA
capture test --verbose --jobs 1 "$work/order_test.vela"
check "hooks" 0
printed=$(sed -n 's/^    | //p' "$work/out" | tr '\n' ',')
[ "$printed" = "first,before,prepare,before inner,one,after inner,after,before,prepare,two,after,before,prepare,three,after," ] ||
    complain "hooks: wrong order: $printed"
said "hooks" "3 passed, 0 failed in 1 file"

cat >"$work/errors_test.vela" <<'VELA'
import "system:test"
describe("no group", () => {
    beforeAll(() => { throw "not prepared" })
    test("one", () => ())
    describe("deeper", () => test("two", () => ()))
})
describe("after", () => {
    afterEach(() => assert(false, "left over"))
    test("three", () => ())
    afterAll(() => { 1 / 0 })
})
describe("before", () => {
    beforeEach(() => { throw "no" })
    afterEach(() => print("cleaned up"))
    test("four", () => print("unreachable"))
})
test("unseen", () => { async { throw "nobody looks" }; () })
test("later", () => { setTimeout(() => { throw "timer" }, 1); () })
test("sees it", async () => { await sleep(50) })
test("err", () => Err("no number"))
test("waits for ever", () => { p = Promise(); try { p.future().await } finally { print("finally ${p}") } })
test("nested", () => test("inside", () => ()))
test("fine", () => Ok(1))
VELA
capture test --jobs 1 "$work/errors_test.vela"
check "errors of hooks" 1
said "errors of hooks" "FAILED $work/errors_test.vela > no group > one"
said "errors of hooks" "FAILED $work/errors_test.vela > no group > deeper > two"
said "errors of hooks" "Error: not prepared"
said "errors of hooks" "> after > three"
said "errors of hooks" "left over"
said "errors of hooks" "> after > afterAll"
said "errors of hooks" "    | cleaned up"
grep -q unreachable "$work/out" && complain "a test ran although its beforeEach failed"
said "unobserved" "a Future failed that nobody awaited"
said "unobserved" "uncaught Error: nobody looks"
said "a test that gives an Err" "Error: no number"
said "a test that can never go on" "DeadlockError"
said "a test that can never go on" "    | finally <Promise pending>"
said "a test in a test" "test stands inside a test"
said "errors of hooks" "2 passed, 10 failed"
said "a failed timer" "> sees it"

# The line of the assertion, also where it stands last in the test.
cat >"$work/line_test.vela" <<'VELA'
import "system:test"
fn check(x) {
    assertEquals(x, 1)
    x
}
test("last", () => expect(2).toBe(3))
test("helper", () => check(2))
@test async fn awaits() { await later() }
async fn later() { await sleep(1); throw ValueError("v", cause: Some(Error("why"))) }
VELA
capture test "$work/line_test.vela"
check "places" 1
said "places" "      6 | test(\"last\", () => expect(2).toBe(3))"
said "places" "  at <lambda> ($work/line_test.vela:6:30)"
said "places" "      3 |     assertEquals(x, 1)"
said "places" "  at <lambda> ($work/line_test.vela:7:22)"
said "places" "ValueError: v"
said "places" "caused by Error: why"

# A process that ends in a test fails that test; the others run in another one.
cat >"$work/ends_test.vela" <<'VELA'
import "system:test"
beforeAll(() => print("again"))
test("before", () => ())
test("ends", () => { print("bye"); exit(0) })
test("behind", () => ())
VELA
capture test "$work/ends_test.vela" "$work/order_test.vela"
check "exit in a test" 1
said "exit in a test" "the process ended with status 0 before the test did"
said "exit in a test" "    | bye"
said "exit in a test" "5 passed, 1 failed in 2 files"

# What is wrong outside of tests.
printf 'import "system:test"\ntest("t", () => ())\nthrow "top"\n' >"$work/top_test.vela"
capture test "$work/top_test.vela"
check "an error at the top level" 1
said "an error at the top level" "uncaught Error: top"
said "an error at the top level" "0 passed, 1 failed"
printf 'import "system:test"\ntest("t", () => missing)\n' >"$work/unknown_test.vela"
capture test "$work/unknown_test.vela" "$work/order_test.vela"
check "a file that does not compile" 2
said "a file that does not compile" "unknown_test.vela:2:17: error E307"
said "a file that does not compile" "3 passed, 1 failed in 2 files"
printf 'import "system:test"\nasync { await sleep(1); throw "late" }\ntest("t", async () => sleep(50))\n' >"$work/early_test.vela"
capture test "$work/early_test.vela"
check "a failure of the top level that comes in a test" 1
said "a failure of the top level that comes in a test" "> t"
finish
