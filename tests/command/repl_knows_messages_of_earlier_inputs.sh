# vela repl: the handlers of actors of earlier inputs, also of those in functions, are names of messages.
. tests/examples/helper.sh
"$VELA" repl >"$work/out" 2>"$work/err" <<'VELA'
actor Adder { on Add(n) { n + 1 } }
fn doubler() { actor Doubler { on Double(n) { n * 2 } }; Doubler() }
a = Adder()
block_on(a.ask(Add(1)))
block_on(doubler().ask(Double(4)))
match Add(5) { Add(n) => n }
a ! Add("text")
block_on(a.monitor()).isSome()
Unheard(1)
VELA
status=$?
check "messages" 0 "unknown name \`Unheard\`"
check_output "messages" '2
8
5
Ok(())
true'
finish
