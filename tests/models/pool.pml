/* Pool: who is let in, and who waits until nobody is left. `members` counts those that were let in and have not
 * ended, with CLOSED and DRAINING on top: one word, changed by single atomic steps.
 *
 * Abstracts vrt_pool_add, vrt_pool_close_any, vrt_pool_wait, vrt_pool_forget, claim_next, member_left
 * (runtime/sched/pool.c). One who is refused is counted for a moment, too.
 *
 * Checked: whoever waits is told or gives up, nobody is told of a closed pool while a member is in it, nobody is let in
 * after the close was seen, who goes on is in no list.
 * BUG 1: one who is refused does not look for those who wait.
 * BUG 2: who waits looks for members before it says that it waits.
 * BUG 3: the last member tells only one.                BUG 4: DRAINING is cleared after the lock was given back.
 * BUG 5: who gave up is not taken out of the list.      BUG 6: a test for CLOSED, then the count.
 * BUG 7: one who tells does not look whether a member has come meanwhile.
 */
#ifndef BUG
#define BUG 0
#endif
#define SPAWNERS 2
#define WAITERS 2

byte members;                           /* one word: */
bool closed, draining;
bool locked, close_returned;
byte inside;                            /* members that were let in: what the word is to tell */
bool linked[WAITERS], open[WAITERS], posted[WAITERS], told[WAITERS];

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline tell_all() {                     /* claim_next, until nobody is left */
    do
    :: true ->
        lock();
#if BUG == 7
        w = 0;
#else
        atomic { vacant = (members == 0); w = (vacant -> 0 : WAITERS) };
#endif
        claimed = WAITERS;
        atomic {
            do
            :: w < WAITERS && claimed == WAITERS ->
                if
                :: linked[w] ->
                    linked[w] = false;
                    if :: open[w] -> open[w] = false; claimed = w :: else -> skip fi
                :: else -> skip
                fi;
                w++
            :: else -> break
            od;
            w = 0
        };
#if BUG == 4
        unlock();
        if
        :: claimed == WAITERS && vacant -> draining = false
        :: else -> skip
        fi;
#else
        if
        :: claimed == WAITERS && vacant -> draining = false
        :: else -> skip
        fi;
        unlock();
#endif
        if
        :: claimed == WAITERS -> break
        :: else -> atomic { told[claimed] = true; posted[claimed] = true }
        fi;
#if BUG == 3
        break
#endif
    od
}

inline leave() {                        /* member_left */
    atomic { last = (members == 1 && draining); members-- };
    if
    :: last -> tell_all()
    :: else -> skip
    fi
}

proctype spawner() {
    bool last, refused, vacant = true;
    byte w, claimed;
#if BUG == 6
    refused = closed;
    if
    :: !refused -> atomic { members++; assert(!close_returned); inside++ }
    :: else -> skip
    fi;
#else
    atomic { refused = closed; members++; if :: !refused -> inside++ :: else -> skip fi };
#endif
    if
#if BUG == 1
    :: refused -> members--
#elif BUG == 6
    :: refused -> skip
#else
    :: refused -> leave()
#endif
    :: !refused ->
        skip;                           /* it runs */
        atomic { inside--; last = (members == 1 && draining); members-- };
        if
        :: last -> tell_all()
        :: else -> skip
        fi
    fi
}

proctype closer() {
    closed = true;
    close_returned = true
}

proctype waiter(byte me) {
    bool parks, was_closed;
    was_closed = closed;
    open[me] = true;
    lock();
#if BUG == 2
    parks = members != 0;
    draining = true;
#else
    atomic { draining = true; parks = (members != 0) };
#endif
    if
    :: parks -> linked[me] = true
    :: else -> skip
    fi;
    unlock();
    if
    :: !parks -> assert(!was_closed || inside == 0)
    :: else ->
        atomic { posted[me] -> posted[me] = false };
        assert(!told[me] || !was_closed || inside == 0);
#if BUG != 5
        lock();
        linked[me] = false;
        unlock();
#endif
        assert(!linked[me])
    fi
}

proctype canceller() {                  /* a deadline, or a cancel, of the first one that waits */
    atomic { if :: open[0] -> open[0] = false; posted[0] = true :: else -> skip fi }
}

init {
    byte i;
    atomic {
        do :: i < SPAWNERS -> run spawner(); i++ :: else -> break od;
        i = 0;
        do :: i < WAITERS -> run waiter(i); i++ :: else -> break od;
        run closer();
        run canceller()
    };
    _nr_pr == 1 ->
    assert(members == 0 && inside == 0 && !locked)
}
