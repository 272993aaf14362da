/* Cancel: a promise that a worker runs for, a cancel and a deadline that request its end, and the worker, which may not
 * have begun, computes, ends, or waits: for an event that need not come, the first time with a timeout, then once more with the
 * same wait record. A request is noted under the promise's lock
 * and told by a letter; one that finds the worker not begun calls it off.
 *
 * Abstracts vrt_promise_request_any, vrt_promise_disown, vrt_promise_settle_any (runtime/sync/promise.c), count_start,
 * vrt_pool_call_off_any (runtime/sched/pool.c), request, settle_unowned, settle_called_off, vvm_cancel_take_letter
 * (vm/exec/cancel.c), vrt_timer_start, vrt_timers_fire (runtime/sched/timer.c), vvm_fiber_interrupt, the park step of the interpreter (vm/exec).
 *
 * Checked: the promise is settled once, and not with a value after a cancel said that it would end; a letter or a post goes
 * to a living isolate; of event, timeout and interrupt one ends a wait, and each with its own ticket; one that was called off does not begin; nobody who was cancelled waits for ever.
 * BUG 1: the letter is posted after the lock was given back.
 * BUG 2: the worker's end does not ask for a request.    BUG 3: who parks does not look whether it was cancelled.
 * BUG 4: it is called off before the letter is there.    BUG 5: settling does not look whether it is pending.
 * BUG 6: a request that finds no owner is noted.         BUG 7: an interrupt does not claim the wait record.
 * BUG 8: the cancel of one called off does not look whether it is owned still, and settles in passing.
 * BUG 9: a timeout does not compare the ticket.          BUG 10: a timeout posts without a claim.
 */
#ifndef BUG
#define BUG 0
#endif
#define CANCEL 1
#define DEADLINE 2

mtype = { PENDING, VALUE, CANCELLED };
mtype = { NOT_STARTED, CALLED_OFF, STARTED };
mtype = { SETTLED, UNOWNED, BEFORE, REQUESTED, OFF };
mtype = { NOTHING, EVENT, TIMEOUT };

mtype state = PENDING, started = NOT_STARTED;
byte reason;
bool locked, owned = true, alive = true;
byte letters, posts;            /* of the inbox */
bool open;                      /* the wait record */
byte ticket, linked, due;       /* linked: the ticket the event finds; due: that of the timer's entry, 0: none */
mtype outcome = NOTHING;
byte settled;
bool said;                      /* the cancel answered true */

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline settle(as, won) {
    lock();
#if BUG == 5
    atomic { won = true; state = as; settled++ };
#else
    atomic { won = (state == PENDING); if :: won -> state = as; settled++ :: else -> skip fi };
#endif
    unlock()
}

inline claim(with, won) { atomic { won = open && ticket == with; if :: won -> open = false :: else -> skip fi } }
inline post(what) { atomic { assert(alive); outcome = what; posts++; assert(posts == 1) } }
inline post_letter() { atomic { assert(alive); letters++ } }

proctype requester(byte why) {
    mtype answer;
    bool won;
    lock();
    if
    :: state != PENDING -> answer = SETTLED
    :: state == PENDING && reason != 0 -> answer = BEFORE
    :: state == PENDING && reason == 0 && !owned ->
#if BUG == 6
        reason = why;
#endif
        answer = UNOWNED
    :: state == PENDING && reason == 0 && owned ->
        reason = why;
#if BUG == 4
        atomic { won = (started == NOT_STARTED); if :: won -> started = CALLED_OFF :: else -> skip fi };
        post_letter();
#elif BUG == 1
        unlock();
        post_letter();
        lock();
        atomic { won = (started == NOT_STARTED); if :: won -> started = CALLED_OFF :: else -> skip fi };
#else
        post_letter();
        atomic { won = (started == NOT_STARTED); if :: won -> started = CALLED_OFF :: else -> skip fi };
#endif
        answer = (won -> OFF : REQUESTED)
    fi;
    unlock();
    won = (answer == OFF || answer == REQUESTED || answer == BEFORE);
    if
    :: answer == UNOWNED && why == CANCEL -> settle(CANCELLED, won)
    :: answer == OFF ->
        lock();
#if BUG == 8
        atomic { assert(alive); state = CANCELLED; settled++ };
        unlock()
#else
        if
        :: owned -> assert(alive)               /* the error is made from what the isolate says */
        :: else -> skip
        fi;
        unlock();
        settle(CANCELLED, won);
        won = true
#endif
    :: else -> skip
    fi;
    if
    :: why == CANCEL -> said = won
    :: else -> skip
    fi
}

proctype event() {
    bool won;
    byte with;
    if
    :: atomic { linked != 0 -> with = linked }; claim(with, won); if :: won -> post(EVENT) :: else -> skip fi
    :: true -> skip
    fi
}

proctype timer() {
    bool won;
    byte with;
    if
    :: atomic { due != 0 -> with = due };
#if BUG == 9
        atomic { won = open; open = false; assert(!won || ticket == with) };
#elif BUG == 10
        won = true;
#else
        claim(with, won);
#endif
        if
        :: won -> post(TIMEOUT)
        :: else -> skip
        fi
    :: true -> skip
    fi
}

inline take_letters() {
    atomic {
        if
        :: letters > 0 -> cancelled = true; letters = 0
        :: else -> skip
        fi
    }
}

proctype worker() {
    bool cancelled, began, won, waits;
    byte why;
    atomic { if :: started == NOT_STARTED -> started = STARTED :: else -> skip fi };
    take_letters();
    if
    :: cancelled -> goto end
    :: else -> began = true
    fi;
    assert(started != CALLED_OFF);
    if
    :: true -> goto end                                 /* a value */
    :: true -> take_letters(); if :: cancelled -> goto end :: else -> skip fi   /* at a call */
    :: true -> take_letters()                           /* at a call that is no safe place */
    fi;
wait:
    atomic { assert(!open && posts == 0); ticket++; open = true; outcome = NOTHING };
    linked = ticket;
    if
    :: ticket == 1 -> due = ticket
    :: else -> skip
    fi;
#if BUG != 3
    if
    :: cancelled ->
        claim(ticket, won);
        if
        :: won -> goto unlink
        :: else -> atomic { posts > 0 -> posts-- }; goto unlink
        fi
    :: else -> skip
    fi;
#endif
    do
    :: atomic { posts > 0 -> posts-- };
        assert(!open && outcome != NOTHING && (outcome != TIMEOUT || ticket == 1));
        if
        :: ticket == 1 -> linked = 0; goto wait
        :: else -> goto unlink
        fi
    :: letters > 0 ->
        take_letters();
#if BUG == 7
        goto unlink
#else
        claim(ticket, won);
        if
        :: won -> goto unlink
        :: else -> atomic { posts > 0 -> posts-- }; goto unlink
        fi
#endif
    od;
unlink:
    linked = 0;
end:
    lock();
    atomic { owned = false; why = reason };
    unlock();
#if BUG == 2
    why = (cancelled -> why : 0);
#endif
    if
    :: why != 0 -> settle(CANCELLED, won)
    :: else -> settle(VALUE, won)
    fi;
    atomic { alive = false; letters = 0; assert(posts == 0) }
}

init {
    atomic { run worker(); run event(); run timer(); run requester(CANCEL); run requester(DEADLINE) };
    _nr_pr == 1 ->
    assert(settled == 1 && !locked && letters == 0);
    assert(!said || state == CANCELLED)
}
