/* Loop bridge: a poster pushes into the loop's inbox, then takes the loop-asleep flag by exchange; whoever
 * takes it sends the one wake-up. The loop announces its sleep, looks once more, then blocks in its poll.
 *
 * Checked: everything posted is handled, and there is at most one wake-up per sleep (many posts, one write).
 * BUG 1: no second look.                 BUG 2: the loop announces after its second look.
 * BUG 3: the poster looks at the flag before it pushes.
 */
#ifndef BUG
#define BUG 0
#endif
#define POSTERS 3
#define PER 2

byte inbox, handled, wakeups, sleeps;
bool asleep, token;

proctype poster() {
    bool was;
    byte i;
    do
    :: i < PER ->
#if BUG == 3
        atomic { was = asleep; asleep = false };
        atomic { inbox++ };
#else
        atomic { inbox++ };
        atomic { was = asleep; asleep = false };
#endif
        if
        :: was -> atomic { token = true; wakeups++; assert(wakeups <= sleeps) }
        :: else -> skip
        fi;
        i++
    :: else -> break
    od
}

proctype loop() {
    bool was;
    do
    :: true ->
        atomic { handled = handled + inbox; inbox = 0 };
#if BUG == 2
        if
        :: inbox > 0 -> goto again
        :: else -> skip
        fi;
        atomic { asleep = true; sleeps++ };
#else
        atomic { asleep = true; sleeps++ };
#if BUG != 1
        if
        :: inbox > 0 ->
            atomic { was = asleep; asleep = false; if :: was -> sleeps-- :: else -> skip fi };
            if
            :: was -> goto again
            :: else -> skip                                     /* a wake-up is on its way: take it */
            fi
        :: else -> skip
        fi;
#endif
#endif
end_poll:
        token;
        token = false;
again:  skip
    od
}

init {
    byte i;
    atomic { do :: i < POSTERS -> run poster(); i++ :: else -> break od; run loop() };
    timeout ->
    assert(inbox == 0 && handled == POSTERS * PER)
}
