/* Senders and Receivers: handles, clones, closing, full and empty channels. */
#include "script.h"

static void the_last_sender_closes(void **state)
{
    (void)state;
    IS("(tx, rx) = Channel.new(); t = tx.clone(); tx.send(1); tx.close(); a = rx.is_closed(); t.close(); (a, rx.is_closed(), rx.receive(), rx.receive())",
       "(false, true, Some(1), None)");
    IS("(tx, rx) = Channel.new(); t = tx.clone(); tx.close(); (tx.is_closed(), t.is_closed(), tx.send(1), t.send(2))",
       "(true, false, Err(SendError.ChannelClosed), Ok(()))");
    IS("(tx, rx) = Channel.new(); tx.close(); tx.close(); rx.receive()", "None");
}

static void the_receiver_closes_for_all(void **state)
{
    (void)state;
    IS("(tx, rx) = Channel.new(); r = rx.clone(); tx.send(1); rx.close(); (tx.send(2), tx.is_closed(), r.is_closed())",
       "(Err(SendError.ChannelClosed), true, true)");
}

static void a_bounded_channel_fills(void **state)
{
    (void)state;
    IS("(tx, rx) = Channel.new(2); (tx.try_send(1), tx.try_send(2), tx.try_send(3), rx.len, rx.capacity(), tx.capacity())",
       "(Ok(()), Ok(()), Err(SendError.ChannelFull), 2, Some(2), Some(2))");
    IS("(tx, rx) = Channel.new(); (rx.capacity(), rx.is_empty, rx.try_receive())", "(None, true, None)");
    IS("(tx, rx) = Channel.new(1); tx.send(1); w = Worker.spawn(() => tx.send(2)); (rx.receive(), rx.receive(), block_on(w))",
       "(Some(1), Some(2), Ok(()))");
}

static void values_keep_their_order(void **state)
{
    (void)state;
    IS("(tx, rx) = Channel.new(3); Worker.spawn(() => { 100.times(i => tx.send(i)); tx.close() }); xs = rx.collect(); xs == (0..100).toList()",
       "true");
}

static void elements_are_checked(void **state)
{
    (void)state;
    IS("(tx, rx) = Channel<Number>.new(); tx.clone().send(\"a\")", "TypeError: Channel<Number> does not take a String");
    IS("f = () => 1; (tx, rx) = Channel.new(); tx.send(f); rx.receive().unwrap()()", "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_sender_closes), cmocka_unit_test(the_receiver_closes_for_all), cmocka_unit_test(a_bounded_channel_fills),
        cmocka_unit_test(values_keep_their_order), cmocka_unit_test(elements_are_checked),
    };
    return cmocka_run_group_tests(tests, script_begin, script_end);
}
