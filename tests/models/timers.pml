/* Timers: a worker thread with a heap of its own, in which it may have set a timer, and a thread from outside, which hands in
 * two earlier ones; the worker fires what is due and sleeps until the earliest, or for ever; whoever waits for the second timer may
 * decide that wait otherwise. Time moves on only when nobody has anything else to do.
 *
 * Abstracts vrt_timers_hand_in_any, take_incoming, vrt_timers_fire, vrt_timers_earliest, vrt_timers_any_live, start_elsewhere
 * (runtime/sched/timer.c), vrt_idle_sleep, must_stay_awake, is_quiescent_locked, vrt_idle_wake_thread_any (idle.c),
 * vrt_external_up, vrt_external_down (runtime.h), vrt_waiter_claim_any (runtime/sync/waiter.c).
 *
 * Checked: a timer fires at its time and once, unless its wait was decided before; a standstill is found only when no wait for a
 * timer is open.
 * BUG 1: who lies down does not look for what was handed in.   BUG 2: it looks before it says that it sleeps.
 * BUG 3: the owner is woken before the entry is there.         BUG 4: the hint is cleared after the lock was given back.
 * BUG 5: a standstill does not look at the timers.             BUG 6: a timer that fires does not claim the record.
 * BUG 7: what was handed in is taken after the earliest was looked for.
 * BUG 8: who hands in counts as outside no more before the entry is there.
 */
#ifndef BUG
#define BUG 0
#endif
#define NEVER 9
#define TIMERS 3

bool timers_locked, idle_locked;
bool in_heap[TIMERS], incoming[TIMERS], open[TIMERS];
byte when[TIMERS], fired[TIMERS], posts[TIMERS];
bool has_incoming, asleep, park;
byte external = 1;                      /* the thread from outside is there */
byte now, alarm_at = NEVER;             /* until when the worker sleeps */
bool told;                              /* a standstill was found */

inline lock_timers() { atomic { !timers_locked -> timers_locked = true } }
inline unlock_timers() { timers_locked = false }
inline lock_idle() { atomic { !idle_locked -> idle_locked = true } }
inline unlock_idle() { idle_locked = false }

inline claim(i, won) {
    atomic { won = open[i]; open[i] = false }
}
inline post(i) { atomic { posts[i]++; assert(posts[i] == 1) } }

inline take_incoming() {
    if
    :: has_incoming ->
        lock_timers();
        if
        :: incoming[1] -> incoming[1] = false; in_heap[1] = true
        :: else -> skip
        fi;
        if
        :: incoming[2] -> incoming[2] = false; in_heap[2] = true
        :: else -> skip
        fi;
#if BUG == 4
        unlock_timers();
        has_incoming = false
#else
        has_incoming = false;
        unlock_timers()
#endif
    :: else -> skip
    fi
}

inline fire(i) {
    if
    :: in_heap[i] && when[i] <= now ->
        in_heap[i] = false;
#if BUG == 6
        won = true;
#else
        claim(i, won);
#endif
        if
        :: won -> fired[i]++; post(i)
        :: else -> skip
        fi
    :: else -> skip
    fi
}

/* Drops what was decided on the way, as the owner does. */
inline earliest() {
    until = NEVER;
    i = 0;
    do
    :: i < TIMERS ->
        if
        :: in_heap[i] && !open[i] -> in_heap[i] = false
        :: in_heap[i] && open[i] && when[i] < until -> until = when[i]
        :: else -> skip
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

/* No wait is open that a timer ends, as far as somebody with the idle lock can see; what he does not see is his error. */
inline look_for_standstill() {
    quiet = (external == 0) && !has_incoming;
#if BUG != 5
    quiet = quiet && !(in_heap[0] && open[0]) && !(in_heap[1] && open[1]) && !(in_heap[2] && open[2]);
#endif
    if
    :: quiet -> atomic { assert(!open[0] && !open[1] && !open[2]); told = true }
    :: else -> skip
    fi
}

proctype worker() {
    bool won, stay, quiet;
    byte until, i;
search:
    take_incoming();
    fire(1);
    fire(2);
    fire(0);
#if BUG == 7
    earliest();
    take_incoming();
#else
    take_incoming();
    earliest();
#endif
#if BUG == 2
    stay = has_incoming;
#endif
    lock_idle();
    atomic { asleep = true; park = true };
#if BUG == 1
    stay = false;
#elif BUG != 2
    stay = has_incoming;
#endif
    if
    :: !stay -> look_for_standstill()
    :: else -> skip
    fi;
    if
    :: stay -> asleep = false
    :: else -> skip
    fi;
    unlock_idle();
    if
    :: stay -> goto search
    :: else -> skip
    fi;
    alarm_at = until;
end_sleep:
    if
    :: !park
    :: alarm_at <= now -> lock_idle(); asleep = false; unlock_idle()
    fi;
    alarm_at = NEVER;
    goto search
}

inline wake_owner() {
    lock_idle();
    if
    :: asleep -> asleep = false; park = false
    :: else -> skip
    fi;
    unlock_idle()
}

inline hand_in(i) {
#if BUG == 3
    wake_owner();
#endif
    lock_timers();
    incoming[i] = true;
    has_incoming = true;
    unlock_timers();
#if BUG != 3
    wake_owner()
#endif
}

proctype outside() {
    bool quiet;
#if BUG == 8
    external--;
#endif
    hand_in(1);
    hand_in(2);
#if BUG != 8
    external--;
#endif
    lock_idle();                        /* who goes last looks for a standstill */
    if
    :: asleep -> look_for_standstill()
    :: else -> skip
    fi;
    unlock_idle()
}

/* What else may decide the second wait. */
proctype other() {
    bool won;
    if
    :: open[1] ->
        claim(1, won);
        if
        :: won -> post(1)
        :: else -> skip
        fi
    :: true -> skip
    fi
}

init {
    atomic { open[1] = true; when[1] = 1; open[2] = true; when[2] = 1;
             if
             :: in_heap[0] = true; open[0] = true; when[0] = 2
             :: posts[0] = 1; fired[0] = 1              /* it has set none */
             fi;
             run worker(); run outside(); run other() };
    do
    :: timeout ->                       /* nobody can go on: what is due has been done */
        assert(!(open[0] && when[0] <= now) && !(open[1] && when[1] <= now) && !(open[2] && when[2] <= now));
        if
        :: now < 3 -> now++
        :: else -> break
        fi
    od;
    assert(fired[0] == 1 && posts[0] == 1 && posts[1] == 1 && fired[2] == 1 && told)
}
