/* The parser by examples: a source text and the tree it gives, or the errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm/front/dump.h"
#include "vm/front/parser.h"

struct example {
    const char *source;
    const char *expected;
};

static const struct example newlines[] = {
    {"a = 1\n"
     "b",
     "(assign a 1)\n"
     "b"},
    {"a = 1 +\n"
     "2",
     "(assign a (binary + 1 2))"},
    {"f(1\n"
     ", 2\n"
     ")",
     "(call f 1 2)"},
    {"x\n"
     "- 1",
     "x\n"
     "-1"},
    {"x\n"
     "+ 1",
     "(binary + x 1)"},
    {"x\n"
     "* 1",
     "(binary * x 1)"},
    {"x\n"
     "(1)",
     "x\n"
     "1"},
    {"x\n"
     "[1]",
     "x\n"
     "(list 1)"},
    {"x\n"
     ".y\n"
     "?.z",
     "(member (member x y) ?.z)"},
    {"x\n"
     "?\? y",
     "(coalesce x y)"},
    {"a\n"
     "? b\n"
     ": c",
     "(if a b c)"},
    {"a ? b : c",
     "(if a b c)"},
    {"a?\n"
     "b",
     "(try-operator a)\n"
     "b"},
    {"fn f() { return\n"
     "1 }",
     "(fn f ( ) (block (return) 1))"},
    {"fn f()\n"
     "{ 1 }",
     "(fn f ( ) (block 1))"},
    {"if a\n"
     "{ 1 }\n"
     "else\n"
     "{ 2 }",
     "(if a (block 1) (block 2))"},
    {"try { 1 }\n"
     "catch (e) { 2 }\n"
     "finally { 3 }",
     "(try (block 1) (catch e (block 2)) (finally (block 3)))"},
    {"x\n"
     "!y",
     "x\n"
     "(unary ! y)"},
    {"a ! b",
     "(send a b)"},
    {"a! + b",
     "(binary + (unwrap a) b)"},
    {"!a",
     "(unary ! a)"},
    {"a!= b",
     "(binary != a b)"},
    {"x: List<List<Number>> = 1",
     "(var x: List<List<Number>> 1)"},
    {"a +\n"
     "# comment\n"
     "\n"
     "  b",
     "(binary + a b)"},
    {"f(\n"
     "  a\n"
     "  - b\n"
     ")",
     "(call f (binary - a b))"},
    {"[\n"
     "  1,\n"
     "  2,\n"
     "]",
     "(list 1 2)"},
    {"x = {\n"
     "  a: 1,\n"
     "  b: 2\n"
     "}",
     "(assign x (dict \"a\": 1 \"b\": 2))"},
    {"xs\n"
     "  .map(f)\n"
     "  // comment\n"
     "  .filter(g)",
     "(call (member (call (member xs map) f) filter) g)"},
    {"a &&\n"
     "b",
     "(and a b)"},
    {"a\n"
     "&& b",
     "(and a b)"},
    {"a\n"
     "| b",
     "(binary | a b)"},
    {"x: Number\n"
     "= 3",
     "(var x: Number 3)"},
    {"x\n"
     "  = 3",
     "(assign x 3)"},
    {"fn f() => 1\n"
     "fn g() => 2",
     "(fn f ( ) => 1)\n"
     "(fn g ( ) => 2)"},
    {"match x {\n"
     "  A\n"
     "    => 1\n"
     "  B if c\n"
     "    => 2\n"
     "}",
     "(match x ((A) => 1) ((B) if c => 2))"},
    {"x = { 1: 2\n"
     ", 3: 4 }",
     "(assign x (dict 1: 2 3: 4))"},
    {"a /* x\n"
     "*/ b",
     "a\n"
     "b"},
    {"a /* x */ - 1",
     "(binary - a 1)"},
    {"x = 5 // c\n"
     "y = 6 # d",
     "(assign x 5)\n"
     "(assign y 6)"},
    {"class A { try: Number\n"
     "  catch: Number\n"
     "  else: Number }",
     "(class-decl A (field try: Number) (field catch: Number) (field else: Number))"},
    {"fn f<T>(x: T) -> T\n"
     " where T: A\n"
     "{ x }",
     "(fn f<T> ( x: T ) -> T (block x))"},
    {"x = Foo {\n"
     " a\n"
     "}",
     "(assign x (struct Foo a: a))"},
};

static const struct example expressions[] = {
    {"a >> b >>> c >= d > e",
     "(binary > (binary >= (binary >>> (binary >> a b) c) d) e)"},
    {"a >>= 1; b >>>= 2; c <<= 1; d ?\?= 2; e **= 3",
     "(assign >>= a 1)\n"
     "(assign >>>= b 2)\n"
     "(assign <<= c 1)\n"
     "(assign ?\?= d 2)\n"
     "(assign **= e 3)"},
    {"a < -b",
     "(binary < a (unary - b))"},
    {"a <-b",
     "(binary < a (unary - b))"},
    {"f(a < b, c > d)",
     "(call f (binary < a b) (binary > c d))"},
    {"f(a<b, c>(d))",
     "(call f (call (type-apply a <b, c>) d))"},
    {"channel<Number>(3)",
     "(call (type-apply channel <Number>) 3)"},
    {"Channel<Number>.new()",
     "(call (member (type-apply Channel <Number>) new))"},
    {"a<b",
     "(binary < a b)"},
    {"Box<Number> { v: 1 }",
     "(struct Box<Number> v: 1)"},
    {"-2 ** 2",
     "(binary ** -2 2)"},
    {"2 ** 3 ** 2",
     "(binary ** 2 (binary ** 3 2))"},
    {"-9223372036854775808",
     "-9223372036854775808"},
    {"a |> f(1) |> g",
     "(pipe (pipe a (call f 1)) g)"},
    {"1..n + 1",
     "(range .. 1 (binary + n 1))"},
    {"a || b && c ?\? d == e < f | g ^ h & i << j + k * l ** m",
     "(or a (and b (coalesce c (binary == d (binary < e (binary | f (binary ^ g (binary & h (b"
     "inary << i (binary + j (binary * k (binary ** l m))))))))))))"},
    {"a == b == c",
     "(binary == (binary == a b) c)"},
    {"x is Number | String",
     "(is x Number | String)"},
    {"x is T ? a : b",
     "(if (is x T) a b)"},
    {"x is T? && y",
     "(and (is x T?) y)"},
    {"x as (A, B)",
     "(as x (A, B))"},
    {"await f()?",
     "(try-operator (await (call f)))"},
    {"await f().map(g)",
     "(await (call (member (call f) map) g))"},
    {"await f()? + 1",
     "(binary + (try-operator (await (call f))) 1)"},
    {"f().await",
     "(await (call f))"},
    {"fn f() { g().await() }",
     "(fn f ( ) (block (await blocking (call g))))"},
    {"t.0.1",
     "(tuple-field (tuple-field t 0) 1)"},
    {"p.match.if",
     "(member (member p match) if)"},
    {"f(match: 1, default: 2, in = 3)",
     "(call f match: 1 default: 2 in: 3)"},
    {"{}",
     "(block)"},
    {"x = {}",
     "(assign x (dict))"},
    {"x = { a: 1, \"b\": 2, 3: 4, -1: 5, true: 6, [k]: 7, ...d }",
     "(assign x (dict \"a\": 1 \"b\": 2 3: 4 -1: 5 true: 6 k: 7 ...d))"},
    {"x = { 1, 2 }",
     "(assign x (set 1 2))"},
    {"x = { 1, }",
     "(assign x (set 1))"},
    {"x = { a }",
     "(assign x (block a))"},
    {"x = { a; b }",
     "(assign x (block a b))"},
    {"x = { ; y: T = 1; y }",
     "(assign x (block (var y: T 1) y))"},
    {"x => {}",
     "(lambda ( x ) (block))"},
    {"(a, b) => a + b",
     "(lambda ( a b ) => (binary + a b))"},
    {"(a: Number, b = 2, ...c: T) => a",
     "(lambda ( a: Number b = 2 ...c: T ) => a)"},
    {"(x) -> Number { x }",
     "(lambda ( x ) -> Number (block x))"},
    {"() => ()",
     "(lambda ( ) => ())"},
    {"(1,)",
     "(tuple 1)"},
    {"(1, 2)",
     "(tuple 1 2)"},
    {"(1)",
     "1"},
    {"()",
     "()"},
    {"fn => fn(1)",
     "(lambda ( fn ) => (call fn 1))"},
    {"fn(x) { x }",
     "(lambda ( x ) (block x))"},
    {"fn (x): Number => x",
     "(lambda ( x ) -> Number => x)"},
    {"async (x) => await x",
     "(async-lambda ( x ) => (await x))"},
    {"async { await x }",
     "(async-block (block (await x)))"},
    {"(a, b) = f()",
     "(destructure (tuple a b) (call f))"},
    {"[a, ...r] = xs",
     "(destructure (list a ...r) xs)"},
    {"{ x, y } = p",
     "(destructure ({} x: x y: y) p)"},
    {"Some(x) = y",
     "(destructure (Some() x) y)"},
    {"Point { x, y: z } = p",
     "(destructure (Point{} x: x y: z) p)"},
    {"(a, b): (T, U) = f()",
     "(destructure (tuple a b): (T, U) (call f))"},
    {"state x = 1",
     "(state x 1)"},
    {"state x: Number",
     "(state x: Number)"},
    {"state (a, b) = t",
     "(state (tuple a b) t)"},
    {"state = 3",
     "(assign state 3)"},
    {"state { 1 }",
     "(block 1)"},
    {"state(1)",
     "(call state 1)"},
    {"state.x = 1",
     "(assign (member state x) 1)"},
    {"x: Number",
     "(var x: Number)"},
    {"_ = f()",
     "(destructure _ (call f))"},
    {"_ => 1",
     "(lambda ( _ ) => 1)"},
    {"xs[0].f = 3",
     "(assign (member (index xs 0) f) 3)"},
};

static const struct example constructs[] = {
    {"match x {\n"
     "  Some(Item { name, price }) if price > 20 => a\n"
     "  None => b, [first, ...rest] => c; [] => d\n"
     "  1 | 2 => e\n"
     "  -1 => f\n"
     "  1..=5 => g\n"
     "  'a'..'z' => h\n"
     "  n @ 1..3 => i\n"
     "  (a, _) => j\n"
     "  { type: t, ... } => k\n"
     "  Color.Red => l\n"
     "  \"s\" => m\n"
     "  true => n\n"
     "  () => o\n"
     "  Number(v) => p\n"
     "  e: Error => q\n"
     "  A(x: B, ...) => r\n"
     "  Lo..Hi => s\n"
     "  _ => { x = 1 }\n"
     "}",
     "(match x ((Some() (Item{} name: name price: price)) if (binary > price 20) => a) ((None)"
     " => b) ((list first ...rest) => c) ((list) => d) ((| 1 2) => e) (-1 => f) ((..= 1 5) => "
     "g) ((.. \"a\" \"z\") => h) ((@ n (.. 1 3)) => i) ((tuple a _) => j) (({} type: t ...) => k) "
     "((Color.Red) => l) (\"s\" => m) (true => n) (() => o) ((Number() v) => p) (e: Error => q) "
     "((A() x: (B) ...) => r) ((.. Lo Hi) => s) (_ => (block (assign x 1))))"},
    {"match x { Some(a) | Ok(a) => y = a }",
     "(match x ((| (Some() a) (Ok() a)) => (assign y a)))"},
    {"fn f(x) { if x return 1\n"
     " 2 }",
     "(fn f ( x ) (block (if x (return 1)) 2))"},
    {"if a { 1 } else if b { 2 } else { 3 }",
     "(if a (block 1) (if b (block 2) (block 3)))"},
    {"try { a } catch (e: A | B) { b } catch e { c } catch { d } finally { e }",
     "(try (block a) (catch e: A | B (block b)) (catch e (block c)) (catch _ (block d)) (final"
     "ly (block e)))"},
    {"print(select { v = <- ra => \"got ${v}\"\n"
     "   timeout(0.02) => \"nothing\"\n"
     "   <- rb => 1\n"
     "   tx <- 5 => 2\n"
     "   Some(x) = <- rc => 3\n"
     "   closed => 4\n"
     "   default => 6\n"
     "   _ => 7 })",
     "(call print (select (receive v ra => (interpolation \"got \" v)) (timeout (float 0.02) => "
     "\"nothing\") (receive rb => 1) (send tx 5 => 2) (receive (Some() x) rc => 3) (closed => 4)"
     " (default => 6) (default => 7)))"},
    {"\"a${b}c${\"d${e}\"}f\"",
     "(interpolation \"a\" b \"c\" (interpolation \"d\" e) \"f\")"},
    {"\"${xs.join(\\\", \\\")}\"",
     "(interpolation (call (member xs join) \", \"))"},
    {"\"\\n\\t\\r\\0\\b\\f\\\\\\\"\\'\\$\\x41\\u{1F600}\"",
     "\"\\n\\x09\\x0D\\x00\\x08\\x0C\\\\\\\"'$A😀\""},
    {"x = \"\"\"\n"
     "    hello ${name}\n"
     "      \"quoted\" \\n\n"
     "    end\n"
     "    \"\"\"",
     "(assign x (interpolation \"hello \" name \"\\n  \\\"quoted\\\" \\n\\nend\"))"},
    {"x = \"\"\"a\n"
     " b\"\"\"",
     "(assign x \"a\\n b\")"},
    {"\"\"\"doc\"\"\"\n"
     "fn f() { \"inner\" }",
     "(fn doc:\"doc\" f ( ) (block \"inner\"))"},
    {"fn f() {\n"
     "  \"\"\"inner doc ${not text}\"\"\"\n"
     "  1\n"
     "}",
     "(fn doc:\"inner doc ${not text}\" f ( ) (block 1))"},
    {"fn f() { \"\"\"value ${x}\"\"\" }",
     "(fn f ( ) (block (interpolation \"value \" x)))"},
    {"class C {\n"
     "  \"\"\"about C\"\"\"\n"
     "  \"\"\"about x\"\"\"\n"
     "  x: Number\n"
     "}",
     "(class-decl doc:\"about C\" C (field doc:\"about x\" x: Number))"},
    {"@test fn t() { }",
     "(fn @test t ( ) (block))"},
    {"@a.b(1, x: 2)\n"
     "@c\n"
     "public async fn f<T: A + B>(@d private x: T = 1, ...rest: Number) -> Future<T> where T: "
     "A { x }",
     "(async-fn @a.b( 1 x: 2) @c public f<T: A + B> ( @d private x: T = 1 ...rest: Number ) ->"
     " Future<T> (block x))"},
    {"fn* gen() { yield 1; yield* xs; xs.forEach(x => yield x) }",
     "(fn* gen ( ) (block (yield 1) (yield * xs) (call (member xs forEach) (lambda ( x ) => (y"
     "ield x)))))"},
    {"yield = 3",
     "(assign yield 3)"},
    {"struct P<T> { x: Number, y: T = 2\n"
     "  fn len(self) -> Number => x\n"
     "  \"\"\"d\"\"\"\n"
     "  type: String }",
     "(struct-decl P<T> (field x: Number) (field y: T 2) (method len ( self ) -> Number => x) "
     "(field doc:\"d\" type: String))"},
    {"enum E { A, B(Number, name: String), C { x: Number }, D = 4\n"
     "  fn f() { 1 } }",
     "(enum-decl E A B(Number, name: String) C(x: Number) D = 4 (method f ( ) (block 1)))"},
    {"enum E { A\n"
     "  \"\"\"of nothing\"\"\"\n"
     "}\n"
     "fn f() { 1 }",
     "(enum-decl E A)\n(fn f ( ) (block 1))"},
    {"type X = A(T) | B",
     "(enum-decl X A(T) B)"},
    {"type X<T> = A | B",
     "(type-decl X<T> = A | B)"},
    {"type Pos = Number where this > 0",
     "(type-decl Pos = Number where (binary > this 0))"},
    {"class A<T> extends B<T> implements C, D {\n"
     "  private state n: Number = 0\n"
     "  static count = 0\n"
     "  constructor(public readonly x: Number) { super(x) }\n"
     "  A(y) { }\n"
     "  get size -> Number { n }\n"
     "  get other() => 1\n"
     "  set size(v: Number) { n = v }\n"
     "  operator +(o) { o }\n"
     "  operator [](i) => i\n"
     "  computed c: Number { 1 }\n"
     "  memo m: Number { 2 }\n"
     "  abstract fn f()\n"
     "  override fn g(): Number => 2\n"
     "  get: Number = 1\n"
     "  fn init() { }\n"
     "  async fn h() { await x }\n"
     "}",
     "(class-decl A<T> extends B<T> implements C, D (field private state n: Number 0) (field s"
     "tatic count 0) (constructor constructor ( public readonly x: Number ) (block (call super"
     " x))) (constructor A ( y ) (block)) (get size ( ) -> Number (block n)) (get other ( ) =>"
     " 1) (set size ( v: Number ) (block (assign n v))) (operator + ( o ) (block o)) (operator"
     " [] ( i ) => i) (computed c ( ) -> Number (block 1)) (memo m ( ) -> Number (block 2)) (m"
     "ethod abstract f ( )) (method override g ( ) -> Number => 2) (field get: Number 1) (meth"
     "od init ( ) (block)) (async-method h ( ) (block (await x))))"},
    {"class A { fn init(x) { this.x = x } }",
     "(class-decl A (constructor init ( x ) (block (assign (member this x) x))))"},
    {"abstract class A { abstract fn f() -> Number }",
     "(class-decl abstract A (method abstract f ( ) -> Number))"},
    {"interface I extends J { fn f() -> Number\n"
     " x: Number\n"
     " fn g() { 1 } }",
     "(interface-decl I implements J (method f ( ) -> Number) (field x: Number) (method g ( ) "
     "(block 1)))"},
    {"service S { x = 1 }",
     "(class-decl service: S (field x 1))"},
    {"actor C { state n: Number = 0\n"
     "  on Add(k: Number) { n = n + k }\n"
     "  on Get -> Number { n }\n"
     "  async handle Slow { await x }\n"
     "  fn receive(m) { } }",
     "(actor-decl C (field state n: Number 0) (on Add ( k: Number ) (block (assign n (binary +"
     " n k)))) (on Get ( ) -> Number (block n)) (async-on Slow ( ) (block (await x))) (method "
     "receive ( m ) (block)))"},
    {"extension List<T> { fn second() => this[1] }",
     "(extension-decl for List<T> (method second ( ) => (index this 1)))"},
    {"module M { x = 1\n"
     " fn f() { x } }",
     "(module-decl M (assign x 1) (fn f ( ) (block x)))"},
    {"module a.b.c\n"
     "x = 1",
     "(assign x 1)"},
    {"import './a' as b\n"
     "import 'x:y' show { a, b }\n"
     "import 'x:y' hide a, b\n"
     "import 'x:y' show { * } as z",
     "(import \"./a\" as b)\n"
     "(import \"x:y\" show a b)\n"
     "(import \"x:y\" hide a b)\n"
     "(import \"x:y\" as z)"},
    {"public x: Number = 3\n"
     "private y = 4\n"
     "public state z = 5",
     "(var public x: Number 3)\n"
     "(var private y 4)\n"
     "(state public z 5)"},
    {"spawn Counter(1)",
     "(spawn (call Counter 1))"},
    {"spawn(x)",
     "(call spawn x)"},
    {"new Foo(1)",
     "(call Foo 1)"},
    {"xs.map(x => x * 2).filter(x => x > 1)",
     "(call (member (call (member xs map) (lambda ( x ) => (binary * x 2))) filter) (lambda ( "
     "x ) => (binary > x 1)))"},
    {"f(x => { y }, 2)",
     "(call f (lambda ( x ) (block y)) 2)"},
    {"a with { b: 1, c: 2 }",
     "(with a b: 1 c: 2)"},
    {"type = 3\n"
     "module = 4\n"
     "actor.send(1)\n"
     "on = 1\n"
     "get(1)\n"
     "select = 3",
     "(assign type 3)\n"
     "(assign module 4)\n"
     "(call (member actor send) 1)\n"
     "(assign on 1)\n"
     "(call get 1)\n"
     "(assign select 3)"},
    {"f: (A, B) -> C = g\n"
     "g: async () -> D = h\n"
     "h: [A]? = i\n"
     "k: {a: A, b?: B} = l\n"
     "m: \"x\" | 1 | true = n\n"
     "o: A[] = p\n"
     "q: fn(A) -> B = r\n"
     "s: (A) => B = t",
     "(var f: (A, B) -> C g)\n"
     "(var g: async () -> D h)\n"
     "(var h: [A]? i)\n"
     "(var k: {a: A, b?: B} l)\n"
     "(var m: \"x\" | 1 | true n)\n"
     "(var o: [A] p)\n"
     "(var q: (A) -> B r)\n"
     "(var s: (A) -> B t)"},
    {"a = 1.5e3; b = 2.0e-3; c = 1e9; d = 1_000; e = 5.times; f = 1..5",
     "(assign a (float 1500))\n"
     "(assign b (float 0.002))\n"
     "(assign c (float 1000000000))\n"
     "(assign d 1000)\n"
     "(assign e (member 5 times))\n"
     "(assign f (range .. 1 5))"},
    {"f(...xs, a: 1)",
     "(call f ...xs a: 1)"},
    {"[1, ...xs, 2]",
     "(list 1 (spread xs) 2)"},
    {"P { ...old, f: v }",
     "(struct P ...old f: v)"},
    {"x = if a { 1 } else { 2 } + 3",
     "(assign x (binary + (if a (block 1) (block 2)) 3))"},
    {"fn f() { x = a ?\? return 1\n"
     " a || throw E() }",
     "(fn f ( ) (block (assign x (coalesce a (return 1))) (or a (throw (call E)))))"},
    {"@deprecated",
     "(module @deprecated)"},
    {"this.x = 1",
     "(assign (member this x) 1)"},
    {"a.b.c += 1",
     "(assign += (member (member a b) c) 1)"},
    {"(a).b = 1",
     "(assign (member a b) 1)"},
    {"x = y ++ z",
     "(assign x (binary ++ y z))"},
    {"a!.b",
     "(member (unwrap a) b)"},
    {"x = state { 1 }",
     "(assign x (block 1))"},
    {"f(fn (x) => x, fn(1))",
     "(call f (lambda ( x ) => x) (call fn 1))"},
    {"x => y => z",
     "(lambda ( x ) => (lambda ( y ) => z))"},
    {"fn f(fn: Number, match: T) { fn(1) }",
     "(fn f ( fn: Number match: T ) (block (call fn 1)))"},
    {"async fn f() { await g()?.h() }",
     "(async-fn f ( ) (block (await (call (member (call g) ?.h)))))"},
    {"x = Foo { }",
     "(assign x (struct Foo))"},
    {"if x { Foo { a: 1 } }",
     "(if x (block (struct Foo a: 1)))"},
    {"if (Foo { a: 1 }) == x { 1 }",
     "(if (binary == (struct Foo a: 1) x) (block 1))"},
    {"a::b::C { x: 1 }",
     "(struct a.b.C x: 1)"},
    {"E::V(1)",
     "(call (member E V) 1)"},
};

static const struct example corners[] = {
    {"\"${f(\"a\")}\" + '${x}' + \"\\${\"",
     "(binary + (binary + (interpolation (call f \"a\")) \"${x}\") \"${\")"},
    {"x = \"\"\"a ${\"b${c}\"} d\"\"\"",
     "(assign x (interpolation \"a \" (interpolation \"b\" c) \" d\"))"},
    {"f(\"a\", \"\"\"b\"\"\")",
     "(call f \"a\" \"b\")"},
    {"x = \"\"\"\n"
     "\"\"\"",
     "(assign x \"\")"},
    {"x = \"\"\"\n"
     "\n"
     "\"\"\"",
     "(assign x \"\")"},
    {"x = \"a\" # \"b\"",
     "(assign x \"a\")"},
    {"\"${{a: 1}[\"a\"]}\"",
     "(interpolation (index (dict \"a\": 1) \"a\"))"},
    {"x.await.y",
     "(member (await x) y)"},
    {"-1.5",
     "(float -1.5)"},
    {"- -1",
     "1"},
    {"!a && ~b",
     "(and (unary ! a) (unary ~ b))"},
    {"a[1][2](3).b?.c!",
     "(unwrap (member (member (call (index (index a 1) 2) 3) b) ?.c))"},
    {"f()!",
     "(unwrap (call f))"},
    {"(x => x)(1)",
     "(call (lambda ( x ) => x) 1)"},
    {"xs |> x => x",
     "(pipe xs (lambda ( x ) => x))"},
    {"x is (A, B) -> C",
     "(is x (A, B) -> C)"},
    {"return_ = 1",
     "(assign return_ 1)"},
    {"select { _ => 1 }",
     "(select (default => 1))"},
    {"a ! b ! c",
     "(send (send a b) c)"},
    {"x = a ? { 1, 2 } : { b: 2 }",
     "(assign x (if a (set 1 2) (dict \"b\": 2)))"},
    {"x = a ? b ? 1 : 2 : 3",
     "(assign x (if a (if b 1 2) 3))"},
    {"f(a ? b : c, d: 1)",
     "(call f (if a b c) d: 1)"},
    {"x = match a { b => { c } }",
     "(assign x (match a (b => (block c))))"},
    {"class A { x = 1, y = 2; z = 3 }",
     "(class-decl A (field x 1) (field y 2) (field z 3))"},
    {"try { 1 } catch (_) { 2 }",
     "(try (block 1) (catch _ (block 2)))"},
    {"with = 1\n"
     "is = 2\n"
     "as = with",
     "(assign with 1)\n"
     "(assign is 2)\n"
     "(assign as with)"},
    {"\"\"\"module\"\"\"\n"
     "\n"
     "x = 1",
     "(assign x 1)"},
    {"a.b = { c: 1 }",
     "(assign (member a b) (dict \"c\": 1))"},
    {"Some(1)",
     "(call Some 1)"},
    {"Foo.Bar(x) = y",
     "(destructure (Foo.Bar() x) y)"},
    {"fn () { }",
     "(lambda ( ) (block))"},
    {"import 'a${b}'",
     "(import \"a${b}\")"},
    {"enum E { fn }",
     "(enum-decl E fn)"},
    {"state",
     "state"},
    {"x = é + ñandú",
     "(assign x (binary + é ñandú))"},
    {"operator = 1\n"
     "class A { operator: Number\n"
     " operator *(o) => o }",
     "(assign operator 1)\n"
     "(class-decl A (field operator: Number) (operator * ( o ) => o))"},
    {"fn f(self) { self }",
     "(fn f ( self ) (block self))"},
    {"async fn f() => await g()",
     "(async-fn f ( ) => (await (call g)))"},
    {"async fn* f() { yield await g() }",
     "(async-fn* f ( ) (block (yield (await (call g)))))"},
    {"x = async x => await x",
     "(assign x (async-lambda ( x ) => (await x)))"},
    {"@a @b(1)\n"
     "class C { @d(2) x: Number; @e fn f() { } }",
     "(class-decl @a @b( 1) C (field @d( 2) x: Number) (method @e f ( ) (block)))"},
    {"a <b> c",
     "(binary > (binary < a b) c)"},
    {"f(a<b>(c))",
     "(call f (call (type-apply a <b>) c))"},
    {"a<b>c",
     "(binary > (binary < a b) c)"},
    {"x < y > (z)",
     "(binary > (binary < x y) z)"},
    {"struct A { x: Number = 1; y = 2 }",
     "(struct-decl A (field x: Number 1) (field y 2))"},
    {"throw E()",
     "(throw (call E))"},
    {"fn f() { return }",
     "(fn f ( ) (block (return)))"},
    {"fn f() { xs.forEach(x => { return x }) }",
     "(fn f ( ) (block (call (member xs forEach) (lambda ( x ) (block (return x))))))"},
    {"@t(await x) fn f() { }",
     "(fn @t( (await x)) f ( ) (block))"},
};

/* The codes and offsets of what is reported. */
static const struct example mistakes[] = {
    {"return",
     "E214@0"},
    {"x is Foo\n"
     "is = 3\n"
     "x\n"
     "is Foo",
     "E109@21"},
    {"9223372036854775808",
     "E103@0"},
    {"-9223372036854775808.abs()",
     "E103@1"},
    {"1..2..3",
     "E109@4"},
    {"fn f() { await g() }",
     "E220@9"},
    {"async fn f() { await g(); h(() => await i()) }",
     "E220@34"},
    {"x => { a: 1 }",
     "E213@7"},
    {"f() = 3",
     "E109@0"},
    {"a = b = c",
     "E109@6"},
    {"x = fn foo",
     "E109@7"},
    {"match x { a | b => 1 }",
     "E212@14"},
    {"match x { Some(a) | Ok(b) => 1 }",
     "E212@20"},
    {"if x == Foo { a } else if b return 1 else { c }",
     "E214@28 E109@37"},
    {"\"${f(\"a\")}\" + '${x}' + \"\\$\\{\"",
     "E105@26"},
    {"\"\\q\"",
     "E105@1"},
    {"\"\\u{110000}\"",
     "E105@1"},
    {"'a\n"
     "b",
     "E104@0"},
    {"\"a${\n"
     "b}\"",
     "E104@0"},
    {"x = \"\"\"\n"
     "    a\n"
     "   b\n"
     "    \"\"\"",
     "E106@14"},
    {"\"${}\"",
     "E109@3"},
    {"let x = 5\n"
     "var y = 3\n"
     "null\n"
     "x = nil",
     "E110@0 E110@10 E110@20 E110@29"},
    {"for x in xs { bad bad }\n"
     "y = 2",
     "E110@0"},
    {"while true { }",
     "E110@0"},
    {"switch x { }",
     "E110@0"},
    {"export fn f() { }",
     "E110@0"},
    {"effect { x }",
     "E190@0"},
    {"watch(x) { }",
     "E190@0"},
    {"component Foo { }",
     "E190@0"},
    {"class W extends StatefulWidget { }",
     "E190@16"},
    {"extern fn foo()",
     "E191@0"},
    {"_ + 1",
     "E210@0"},
    {"return 1",
     "E214@0"},
    {"fn f() { x: Number }",
     "E213@9"},
    {"$x",
     "E107@0"},
    {"/* open",
     "E102@0"},
    {"0xFF 0o17 0b1010",
     "E109@5"},
    {"x = 1__0",
     "E103@4"},
    {"x = 12abc",
     "E103@4"},
    {"x = (1, 2",
     "E109@4"},
    {"x = )\n"
     "y = ]",
     "E109@4 E109@10"},
    {"x = 3 4\n"
     "y = 5\n"
     "z = = 2\n"
     "fn f( { }\n"
     "w = 1",
     "E109@26"},
    {"{ a: 1 }",
     "E213@2"},
    {"x = a ?\? return 1",
     "E214@9"},
    {"a as = 3",
     "E109@5"},
    {"a?.b = 1",
     "E109@0"},
    {"for",
     "E110@0"},
    {"x ++",
     "E109@4"},
    {"a !b",
     "E109@2"},
    {"enum E { \"\"\"doc\"\"\" A\n"
     " B }",
     "E109@9"},
    {"x.with { a: 1 }",
     "E109@7"},
    {"a, b",
     "E109@1"},
    {"{ 1, 2 }",
     "E109@3"},
    {"f(x\n"
     "y)",
     "E109@4"},
    {"fn f(a, a: T = ) { }",
     "E109@15"},
    {"class { }",
     "E109@6"},
    {"match x { => 1\n"
     " 2 => 3 }",
     "E109@10"},
    {"x = [1, 2\n"
     "y = 3",
     "E109@4"},
    {"\"abc\n"
     "y = 3",
     "E104@0"},
    {"if (a { }",
     "E109@3"},
    {"x = @",
     "E109@4"},
    {"import x",
     "E109@7"},
    {"fn f() { import 'a' }",
     "E109@9"},
    {"class A { foo() { } }",
     "E109@10"},
    {"class A { get x }",
     "E109@16"},
    {"type X = A(T) | \"b\"",
     "E109@16"},
    {"x: = 3",
     "E109@3"},
    {"match x { \"a${b}\" => 1 }",
     "E109@10"},
    {"match x { [...a, ...b] => 1 }",
     "E109@17"},
    {"match x { 'ab'..'c' => 1 }",
     "E109@10"},
    {"x = 1..",
     "E109@7"},
    {"x = 0b12",
     "E103@4"},
    {"x = 1e400",
     "E103@4"},
    {"x = \"\\u{}\"",
     "E105@5"},
    {"x = \"\\x4\"",
     "E105@5"},
    {"x = ½",
     "E107@4"},
    {"x = \"a\" \"b\"",
     "E109@8"},
    {"abstract = 1",
     "E109@0"},
    {"fn f(...a, b) { }",
     "E109@8"},
    {"a<b>",
     "E109@4"},
    {"class A { x = await f() }",
     "E220@14"},
    {"class A { x: Number = return 1 }",
     "E214@22"},
    {"x = `a`",
     "E107@4 E107@6"},
};

/* ---- One parse --------------------------------------------------------------------------------------------- */

struct parse {
    struct vvm_symbols *symbols;
    struct vvm_source *source;
    struct vvm_arena arena;
    struct vvm_diagnostics diagnostics;
    struct vvm_module_node *module;
    bool ok;
};

static void parse_begin(struct parse *parse, const char *text, size_t length)
{
    parse->symbols = vvm_symbols_create();
    parse->source = vvm_source_create("test.vela", text, length);
    assert_non_null(parse->symbols);
    assert_non_null(parse->source);
    vvm_arena_init(&parse->arena);
    vvm_diagnostics_init(&parse->diagnostics);
    parse->ok = vvm_parse(&parse->arena, parse->symbols, parse->source, &parse->diagnostics, &parse->module);
    assert_true(parse->ok == (parse->diagnostics.errors == 0));
    assert_true(parse->ok == (parse->module != NULL));
}

static void parse_end(struct parse *parse)
{
    vvm_diagnostics_deinit(&parse->diagnostics);
    vvm_arena_deinit(&parse->arena);
    vvm_source_destroy(parse->source);
    vvm_symbols_destroy(parse->symbols);
}

/* The tree, or "E109@3 E110@7"; the caller frees it. */
static char *outcome(const struct parse *parse)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    if (parse->ok)
        vvm_dump_module(out, parse->symbols, parse->module);
    for (uint32_t i = 0; i < parse->diagnostics.count; i++)
        fprintf(out, "%s%s@%u", i ? " " : "", parse->diagnostics.items[i].code, parse->diagnostics.items[i].offset);
    fclose(out);
    while (size > 0 && text[size - 1] == '\n')
        text[--size] = '\0';
    return text;
}

static void check(const char *source, const char *expected)
{
    struct parse parse;
    parse_begin(&parse, source, strlen(source));
    char *found = outcome(&parse);
    if (strcmp(found, expected) != 0)
        fail_msg("source:\n%s\nexpected:\n%s\nfound:\n%s", source, expected, found);
    free(found);
    parse_end(&parse);
}

#define CHECK_ALL(name)                                                    \
    static void test_##name(void **state)                                  \
    {                                                                      \
        (void)state;                                                       \
        for (size_t i = 0; i < sizeof name / sizeof *name; i++)            \
            check(name[i].source, name[i].expected);                       \
    }

CHECK_ALL(newlines)
CHECK_ALL(expressions)
CHECK_ALL(constructs)
CHECK_ALL(corners)
CHECK_ALL(mistakes)

/* ---- Limits ------------------------------------------------------------------------------------------------ */

/* before, then `left` n times, `middle`, `right` n times. */
static char *nested(const char *before, const char *left, const char *middle, const char *right, size_t n)
{
    size_t size = strlen(before) + n * (strlen(left) + strlen(right)) + strlen(middle) + 1;
    char *text = malloc(size), *at = text;
    assert_non_null(text);
    at = stpcpy(at, before);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, left);
    at = stpcpy(at, middle);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, right);
    return text;
}

/* Parses and tells how many errors of that code there are; all errors must be of it. */
static uint32_t errors_of(char *text, const char *code)
{
    struct parse parse;
    parse_begin(&parse, text, strlen(text));
    uint32_t count = parse.diagnostics.errors;
    for (uint32_t i = 0; i < parse.diagnostics.count; i++)
        assert_string_equal(parse.diagnostics.items[i].code, code);
    parse_end(&parse);
    free(text);
    return count;
}

static void test_nesting_at_the_limit(void **state)
{
    static const char *const forms[][3] = {
        {"(", "1", ")"}, {"[", "1", "]"}, {"f(", "1", ")"}, {"\"${", "1", "}\""}, {"if a { ", "1", " }"},
        {"{", "1", "}"}, {"match a { b => ", "1", " }"}, {"(a = ", "1", ") => 2"}, {"{ a: ", "1", " }"},
        {"select { <- a => ", "1", "}"}, {"try { ", "1", " } catch { }"}, {"if a { x => ", "1", " }"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        assert_int_equal(errors_of(nested("x = ", forms[i][0], forms[i][1], forms[i][2], 1000), "E108"), 0);
        assert_int_equal(errors_of(nested("x = ", forms[i][0], forms[i][1], forms[i][2], 1001), "E108"), 1);
    }
}

static void test_deep_recursion_is_one_error(void **state)
{
    static const char *const forms[][3] = {
        {"x = ", "- ", "1"}, {"x = ", "a => ", "1"}, {"x = ", "a ** ", "1"}, {"x = ", "a ? b : ", "1"},
        {"x = ", "a + ", "1"}, {"x = a", ".b", ""}, {"x: ", "A<", "1"}, {"x: ", "() -> ", "A"}, {"x: A", "[]", ""},
        {"fn f() { ", "return ", "1 }"}, {"match x { ", "a @ ", "1 => 2 }"}, {"x = if a { 1 }", " else if a { 1 }", ""},
        {"x = ", "spawn ", "A()"}, {"x = ", "a<", "1"}, {"x = ", "!", "a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        assert_int_equal(errors_of(nested(forms[i][0], forms[i][1], forms[i][2], "", 20000), "E108"), 1);
}

static void test_long_chains_below_the_limit(void **state)
{
    (void)state;
    assert_int_equal(errors_of(nested("x = ", "a + ", "1", "", 3000), "E108"), 0);
    assert_int_equal(errors_of(nested("x = if a { 1 }", " else if (b) { (2) }", "", "", 3000), "E108"), 0);
    assert_int_equal(errors_of(nested("", "fn f(a: A?) { return (1) }\nstruct S { a: [A]? }\n", "", "", 5000), "E108"), 0);
    assert_int_equal(errors_of(nested("match x { ", "1 | ", "2 => 3 }", "", 20000), "E108"), 0);
}

static void test_ten_megabytes_of_brackets(void **state)
{
    (void)state;
    assert_int_equal(errors_of(nested("", "(", "", "", 10000000), "E108"), 1);
    assert_int_equal(errors_of(nested("", "{", "", "", 10000000), "E108"), 1);
}

static void test_errors_are_capped(void **state)
{
    struct parse parse;
    (void)state;
    char *text = nested("", "x = = 1\n", "", "", 200);
    parse_begin(&parse, text, strlen(text));
    assert_int_equal(parse.diagnostics.errors, 200);
    assert_int_equal(parse.diagnostics.count, VVM_DIAGNOSTIC_MAX);
    free(text);
    parse_end(&parse);
}

/* ---- Details that the dump does not show -------------------------------------------------------------------- */

static void test_positions(void **state)
{
    struct parse parse;
    (void)state;
    const char *text = "\xEF\xBB\xBF" "x = f(1)\r\n\xC3\xA9 = a + (b)\n";
    parse_begin(&parse, text, strlen(text));
    assert_int_equal(parse.module->items.count, 2);
    const struct vvm_node *second = parse.module->items.items[1];
    struct vvm_position at = vvm_source_position(parse.source, second->offset);
    assert_int_equal(at.line, 2);
    assert_int_equal(at.column, 1);
    at = vvm_source_position(parse.source, second->assign.value->offset);
    assert_int_equal(at.column, 5);
    assert_int_equal(second->assign.value->length, 7);
    assert_true(second->assign.value->binary.right->parenthesized);
    const struct vvm_node *first = parse.module->items.items[0];
    assert_int_equal(first->offset, 0);
    assert_int_equal(first->length, 8);
    parse_end(&parse);
}

static void test_function_flags(void **state)
{
    struct parse parse;
    (void)state;
    const char *text = "async fn f() { await g()?; h(() => i()?) }\nfn* g() { yield 1 }\nawait f()";
    parse_begin(&parse, text, strlen(text));
    assert_true(parse.ok);
    const struct vvm_function_node *f = parse.module->items.items[0]->function;
    const struct vvm_function_node *g = parse.module->items.items[1]->function;
    assert_true(f->is_async && f->uses_await && f->uses_try && !f->uses_yield);
    assert_true(g->is_generator && g->uses_yield && !g->uses_await);
    assert_true(parse.module->uses_await);
    parse_end(&parse);
}

static void test_texts_hold_nul(void **state)
{
    struct parse parse;
    (void)state;
    const char *text = "\"a\\0b\"";
    parse_begin(&parse, text, strlen(text));
    const struct vvm_node *node = parse.module->items.items[0];
    assert_int_equal(node->text.length, 3);
    assert_memory_equal(node->text.bytes, "a\0b", 4);
    parse_end(&parse);
}

static void test_invalid_utf8(void **state)
{
    static const char *const texts[] = {"x = \"\xFF\"", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "x\x80"};
    struct parse parse;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        parse_begin(&parse, texts[i], strlen(texts[i]));
        assert_int_equal(parse.diagnostics.count, 1);
        assert_string_equal(parse.diagnostics.items[0].code, "E101");
        parse_end(&parse);
    }
}

/* ---- Printing ---------------------------------------------------------------------------------------------- */

static void check_print(const char *source, const char *expected)
{
    struct parse parse;
    char *text = NULL;
    size_t size = 0;
    parse_begin(&parse, source, strlen(source));
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    vvm_diagnostics_print(&parse.diagnostics, out, true);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
    parse_end(&parse);
}

static void test_print(void **state)
{
    (void)state;
    check_print("y = 1\n\xC3\xA9 =\t3 45 6\n", "test.vela:2:7: error E109: expected the end of the statement, found number\n"
                                             "\xC3\xA9 =\t3 45 6\n   \t  ^~\n");
    check_print("while a { }", "test.vela:1:1: error E110: `while` is not part of Vela\nwhile a { }\n^~~~~\n"
                               "hint: Vela has no loops: use forEach, map, reduce or recursion\n");
    check_print("x ++\n", "test.vela:1:5: error E109: expected an expression, found end of file\nx ++\n    ^\n"
                          "hint: `++` joins two lists; write `x += 1`\n");
    check_print("_\nlet x = _", "test.vela:1:1: error E210: `_` holds nothing and cannot be read\n_\n^\n"
                               "test.vela:2:1: error E110: `let` is not part of Vela\nlet x = _\n^~~\n"
                               "hint: a name needs no keyword: write `x = \xE2\x80\xA6`, or `state x = \xE2\x80\xA6` if it changes\n"
                               "test.vela:2:9: error E210: `_` holds nothing and cannot be read\nlet x = _\n        ^\n");
}

/* ---- Garbage ----------------------------------------------------------------------------------------------- */

static uint64_t random_next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Replaces, doubles, drops or swaps pieces; the length stays below `room`. */
static size_t mutate(char *text, size_t length, size_t room, uint64_t *seed)
{
    static const char pieces[] = "(){}[]<>\"'`$\\?!.,;:=>-+*/#@\n 0a_A|&^~%";
    for (uint64_t n = random_next(seed) % 6 + 1; n > 0 && length > 0; n--) {
        size_t at = random_next(seed) % length, size = random_next(seed) % 12 + 1;
        if (size > length - at)
            size = length - at;
        switch (random_next(seed) % 4) {
        case 0: text[at] = pieces[random_next(seed) % (sizeof pieces - 1)]; break;
        case 1: text[at] = (char)random_next(seed); break;
        case 2:
            memmove(text + at, text + at + size, length - at - size);
            length -= size;
            break;
        default:
            if (length + size > room)
                break;
            memmove(text + at + size, text + at, length - at);
            length += size;
        }
    }
    return length;
}

static void parse_mutated(const char *source, uint64_t *seed)
{
    char text[4096];
    struct parse parse;
    size_t length = strlen(source);
    assert_true(length < sizeof text / 2);
    memcpy(text, source, length);
    length = mutate(text, length, sizeof text, seed);
    parse_begin(&parse, text, length);
    free(outcome(&parse));
    parse_end(&parse);
}

#define MUTATE_ALL(name)                                                   \
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)                \
        for (int n = 0; n < 40; n++)                                       \
            parse_mutated(name[i].source, &seed);

static void test_mutated_programs(void **state)
{
    uint64_t seed = 0x9E3779B97F4A7C15u;
    (void)state;
    MUTATE_ALL(newlines)
    MUTATE_ALL(expressions)
    MUTATE_ALL(constructs)
    MUTATE_ALL(corners)
    MUTATE_ALL(mistakes)
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newlines),
        cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_constructs),
        cmocka_unit_test(test_corners),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_nesting_at_the_limit),
        cmocka_unit_test(test_deep_recursion_is_one_error),
        cmocka_unit_test(test_long_chains_below_the_limit),
        cmocka_unit_test(test_ten_megabytes_of_brackets),
        cmocka_unit_test(test_errors_are_capped),
        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_function_flags),
        cmocka_unit_test(test_texts_hold_nul),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_mutated_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
