/* Promise: two who would settle it, and two who wait for it, each at most until a deadline, then once more. A settler writes
 * the value, claims those who wait under the lock, and posts them when it has given the lock back.
 *
 * Abstracts vrt_promise_settle_any, claim_waiters_locked, vrt_promise_wait, vrt_promise_forget (runtime/sync/promise.c),
 * vrt_timer_start, vrt_timers_fire (runtime/sched/timer.c), vrt_waiter_arm, vrt_waiter_claim_any (waiter.c).
 *
 * Checked: it is settled once, everybody who waits learns the one value or that the time is over (T3), each wait gets one
 * post, who goes on stands in no list, and a record is armed again only when no post for it is under way.
 * BUG 1: settling does not look whether it is pending.   BUG 2: who waits looks without the lock.
 * BUG 3: who goes on does not unlink its record.         BUG 4: the value is there only after the lock was given back.
 * BUG 5: a deadline posts without a claim.               BUG 6: who found it settled arms again without closing the wait.
 */
#ifndef BUG
#define BUG 0
#endif
#define WAITERS 2

mtype = { NOTHING, SETTLED, TIMEOUT };

bool locked;
byte value;                             /* 0: pending */
byte settlings;
bool linked[WAITERS], open[WAITERS];
byte ticket[WAITERS], linked_ticket[WAITERS];
mtype outcome[WAITERS];
byte posts[WAITERS];
byte due[WAITERS];                      /* the ticket of the deadline's entry, 0: none */

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }
inline claim(w, with, won) {
    atomic { won = open[w] && ticket[w] == with; if :: won -> open[w] = false :: else -> skip fi }
}
inline post(w, what) { atomic { outcome[w] = what; posts[w]++; assert(posts[w] == 1) } }

inline claim_waiters() {
    i = 0;
    do
    :: i < WAITERS ->
        if
        :: linked[i] -> linked[i] = false; claim(i, linked_ticket[i], won); claimed[i] = won
        :: else -> skip
        fi;
        i++
    :: else -> break
    od
}

inline post_claimed() {
    i = 0;
    do
    :: i < WAITERS ->
        if
        :: claimed[i] -> claimed[i] = false; post(i, SETTLED)
        :: else -> skip
        fi;
        i++
    :: else -> break
    od
}

proctype settler(byte with) {
    bool won, claimed[WAITERS];
    byte i;
    lock();
#if BUG == 1
    if
    :: true ->
#else
    if
    :: value == 0 ->
#endif
        settlings++;
        claim_waiters();
#if BUG == 4
        unlock();
        lock();
#endif
        value = with
    :: else -> skip
    fi;
    unlock();
    post_claimed()
}

proctype waiter(byte me) {
    byte seen, round;
    bool parks, won;
    do
    :: round < 2 && seen == 0 ->
        round++;
        atomic { assert(!open[me] && posts[me] == 0); ticket[me]++; open[me] = true };
#if BUG == 2
        parks = (value == 0);
        lock();
        if
        :: parks -> linked[me] = true; linked_ticket[me] = ticket[me]
        :: else -> skip
        fi;
        unlock();
#else
        lock();
        parks = (value == 0);
        if
        :: parks -> assert(!linked[me]); linked[me] = true; linked_ticket[me] = ticket[me]
        :: else -> skip
        fi;
        unlock();
#endif
        if
        :: parks ->
            if
            :: round == 1 -> due[me] = ticket[me]
            :: else -> skip
            fi;
            atomic { posts[me] > 0 -> posts[me]-- };
            assert(!open[me] && outcome[me] != NOTHING);
#if BUG != 3
            lock();
            linked[me] = false;
            unlock();
            assert(!linked[me]);
#endif
            if
            :: outcome[me] == SETTLED -> seen = value; assert(seen != 0)
            :: else -> assert(outcome[me] == TIMEOUT && round == 1)
            fi;
            outcome[me] = NOTHING
        :: else ->
#if BUG != 6
            claim(me, ticket[me], won);
            assert(won);
#endif
            seen = value
        fi
    :: else -> break
    od;
#if BUG == 6
    assert(!open[me]);
#endif
    assert(seen == value)
}

proctype timer(byte w) {
    bool won;
    byte fires;
    if
    :: atomic { due[w] != 0 -> fires = due[w] };
#if BUG == 5
        won = true;
#else
        claim(w, fires, won);
#endif
        if
        :: won -> post(w, TIMEOUT)
        :: else -> skip
        fi
    :: true -> skip                     /* it is in nobody's time */
    fi
}

init {
    outcome[0] = NOTHING;
    outcome[1] = NOTHING;
    atomic { run timer(0); run timer(1); run waiter(0); run waiter(1); run settler(1); run settler(2) };
    _nr_pr == 1 ->
    assert(settlings == 1 && !locked && posts[0] == 0 && posts[1] == 0)
}
