/* Workers: what they are given, give back and may see, and the pool they run in. */
#include "script.h"

static void results_come_back(void **state)
{
    (void)state;
    IS("n = [1, 2]; block_on(Worker.spawn(() => n.sum() + 1))", "4");
    IS("block_on(Worker.spawn(() => { throw ValueError(\"far\") }))", "ValueError: far");
    GIVES("fn main() { ws = [1, 2, 3, 4].map(k => Worker.spawn(() => k * k)); ws.map(w => block_on(w)) }", "[1, 4, 9, 16]");
    IS("block_on(Worker.spawn(() => Worker.spawn(() => 7)))", "7"); /* a Future that a worker gives is followed */
}

static void what_does_not_cross(void **state)
{
    (void)state;
    GIVES("class C { state n: Number = 0 }\nfn main() { c = C(); Worker.spawn(() => c.n) }", "NotSendableError: func: captured variable c.n: state field");
    GIVES("class C { state n: Number = 0 }\nfn main() { block_on(Worker.spawn(() => C())) }", "NotSendableError: result.n: state field");
    GIVES("state n = 1\nfn get() { n }\nfn main() { block_on(Worker.spawn(get)) }", "IsolationError: `state n` belongs to the main isolate");
    GIVES("n = [1]\nfn get() { n }\nfn main() { block_on(Worker.spawn(get)) }", "[1]");
}

static void arguments_are_checked(void **state)
{
    (void)state;
    IS("Worker.spawn(() => 1, priority: 3)", "TypeError: spawn(): `priority` must be a Priority");
    IS("Worker.spawn()", "ArityError: spawn(): missing argument `func`");
    IS("block_on(Worker.spawn(() => Worker.name(), name: \"ant\", priority: Priority.Low))", "ant");
}

static void the_pool_counts_its_workers(void **state)
{
    (void)state;
    IS("block_on(Worker.spawn(() => 1)); p = Worker.get_pool(); (p.queued_tasks(), p.max_workers > 0, p == Worker.getPool())",
       "(0, true, true)");
    IS("Worker.configure_pool(0)", "ValueError: a pool has at least one worker, not 0");
    IS("Worker.configure_pool(max_workers: 1)", "RuntimeError: the pool cannot be configured after the first spawn");
    IS("(tx, rx) = Channel.new(); (up, started) = Channel.new(); w = Worker.spawn(() => { up.send(0); rx.receive() });"
       " started.receive(); n = Worker.get_pool().active_tasks(); tx.send(1); (n, block_on(w))", "(1, Some(1))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_back), cmocka_unit_test(what_does_not_cross), cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(the_pool_counts_its_workers),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
