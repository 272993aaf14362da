/* Isolate states: whoever moves IDLE to QUEUED enqueues; leaving RUNNING re-checks the inbox.
 *
 *          post (waker)              worker takes it
 *   IDLE ---------------> QUEUED ----------------------> RUNNING
 *    ^                      ^                             |   |
 *    |  inbox empty, CAS    |  yield (worker)             |   | post (waker)
 *    +----------------------+-----------------------------+   v
 *                           +------------------------ RUNNING_NOTIFIED
 *
 * Checked: at most one queue entry, at most one thread runs the isolate, every post is handled, and
 * nothing is left in the inbox of an IDLE isolate once all wakers are done.
 * BUG 1: a waker that finds RUNNING leaves no note.      BUG 2: leaving RUNNING is a plain store.
 * BUG 3: IDLE to QUEUED is a test and a store, not one compare-and-swap.
 */
#ifndef BUG
#define BUG 0
#endif
#define WAKERS 3
#define POSTS (2 * WAKERS)

mtype = { IDLE, QUEUED, RUNNING, NOTIFIED };
mtype state = IDLE;
byte inbox, queued, runners, handled;

inline notify() {
    if
#if BUG == 3
    :: state == IDLE -> state = QUEUED; queued++
#else
    :: atomic { state == IDLE -> state = QUEUED }; atomic { queued++; assert(queued == 1) }
#endif
#if BUG == 1
    :: atomic { state == RUNNING -> skip }
#else
    :: atomic { state == RUNNING -> state = NOTIFIED }
#endif
    :: atomic { (state == QUEUED || state == NOTIFIED) -> skip }
    fi
}

proctype waker() {
    bool was_empty;
    byte i;
    do
    :: i < 2 ->
        atomic { was_empty = (inbox == 0); inbox++ };
        if
        :: was_empty -> notify()
        :: else -> skip
        fi;
        i++
    :: else -> break
    od
}

proctype worker() {
    mtype seen;
end_idle:
    do
    :: atomic { queued > 0 -> queued-- };
        atomic { assert(state == QUEUED); state = RUNNING; runners++; assert(runners == 1) };
again:
        atomic { handled = handled + inbox; inbox = 0 };
        if
        :: atomic { state = QUEUED; runners-- }; atomic { queued++; assert(queued == 1) }     /* yield */
        :: true ->
#if BUG == 2
            seen = state;
            atomic { state = IDLE; runners-- }
#else
            atomic { seen = state;
                     if
                     :: seen == RUNNING -> state = IDLE; runners--
                     :: else -> state = RUNNING
                     fi };
            if
            :: seen == NOTIFIED -> goto again
            :: else -> skip
            fi
#endif
        fi
    od
}

init {
    atomic { run waker(); run waker(); run waker(); run worker(); run worker() };
    timeout ->                                                  /* nobody can move any more */
    assert(inbox == 0 && handled == POSTS && state == IDLE && queued == 0 && runners == 0)
}
