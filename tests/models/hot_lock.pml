/* A channel's lock: given by a plain store, which may stay in the giver's store buffer while it looks for waiters.
 *
 * Each thread has a buffer of one store (word = FREE); it empties itself at any moment, at the latest before the thread's
 * next locked instruction. A waiter counts itself, empties all buffers (membarrier), and looks again before it sleeps; the
 * kernel compares the word and enqueues the sleeper in one step. A sleeper that nobody wakes shows as a deadlock.
 * BUG 1: no barrier.                           BUG 2: the barrier comes before the waiter counts itself.
 * BUG 3: the giver looks before it stores.     BUG 4: the waiter looks again before the barrier, then sleeps unconditionally.
 *
 * One giver wakes for all: it marks WOKEN, others see the mark and go; the woken one takes it off.
 * BUG 5: a giver that met nobody asleep leaves the mark.       BUG 6: it takes it off, but does not look at the word again.
 * BUG 7: the woken one leaves the mark.                        BUG 8: the mark is seen before the lock's store is out.
 */
#ifndef BUG
#define BUG 0
#endif
#define THREADS 3
#define TURNS 2

bool held;                              /* the word, in memory */
bool buffered[THREADS];                 /* a store of FREE that memory does not have yet */
bool asleep[THREADS];
byte waiters, inside;
bool woken;                             /* the mark; beside `waiters`, in one word */

inline flush(t) {
    atomic {
        if
        :: buffered[t] -> held = false; buffered[t] = false
        :: else -> skip
        fi
    }
}

inline barrier() {
    k = 0;
    do
    :: k < THREADS -> flush(k); k++
    :: else -> break
    od
}

inline wake_one() {                     /* the kernel's own locks flush, too */
    flush(me);
    atomic {
        got = true;
        if
        :: asleep[0] -> asleep[0] = false
        :: asleep[1] -> asleep[1] = false
        :: asleep[2] -> asleep[2] = false
        :: else -> got = false
        fi
    }
}

inline give_slow() {
    do
    ::
#if BUG != 8
       flush(me);
#endif
       atomic { was = woken; woken = true };
       if
       :: was -> break
       :: else -> skip
       fi;
       wake_one();
#if BUG == 5
       break;
#endif
       if
       :: got -> break
       :: else -> skip
       fi;
       woken = false;
#if BUG == 6
       break;
#endif
       if
       :: held || waiters == 0 -> break /* whoever holds it looks later than that */
       :: else -> skip
       fi
    od
}

inline try() {                          /* a locked instruction */
    flush(me);
    atomic {
        got = !held;
        if
        :: got -> held = true
        :: else -> skip
        fi
    }
}

inline take_slow() {
#if BUG == 2
    barrier();
#endif
    flush(me);
    waiters++;
#if BUG != 1 && BUG != 2 && BUG != 4
    barrier();
#endif
    do
    :: try();
#if BUG == 4
       barrier();
#endif
       if
       :: got -> break
       :: else ->
            atomic {                    /* futex: compares and sleeps */
                if
#if BUG == 4
                :: true -> asleep[me] = true
#else
                :: held -> asleep[me] = true
                :: else -> skip
#endif
                fi
            };
            !asleep[me];
#if BUG != 7
            flush(me);
            woken = false
#endif
       fi
    od;
    waiters--
}

inline give() {
    inside--;
#if BUG == 3
    seen = waiters;
    flush(me);
    buffered[me] = true;
#else
    flush(me);
    buffered[me] = true;
    seen = waiters;
#endif
    if
    :: seen > 0 || woken -> give_slow()
    :: else -> skip
    fi
}

active [THREADS] proctype thread() {
    byte me = _pid, i, k, seen;
    bool got, was;
    do
    :: i < TURNS ->
        try();
        if
        :: got -> skip
        :: else -> take_slow()
        fi;
        inside++;
        assert(inside == 1);
        give();
        i++
    :: else -> break
    od
}

active proctype bus() {
end:
    do
    :: atomic { buffered[0] -> held = false; buffered[0] = false }
    :: atomic { buffered[1] -> held = false; buffered[1] = false }
    :: atomic { buffered[2] -> held = false; buffered[2] = false }
    od
}
