/* Select: two channels without buffer; two selects over both, a plain send, a plain receive with a deadline, somebody
 * who closes. The short way tries each arm under its channel's lock alone; then the locks of all channels are taken
 * in one order, each arm is tried again, and only then the record is registered at all of them.
 *
 * Abstracts vrt_select_try, vrt_select_finish (runtime/sync/select.c), vrt_channel_try_send_locked,
 * vrt_channel_try_receive_locked, vrt_wait_list_claim_first_locked, vrt_sender_finish, vrt_receiver_finish
 * (runtime/sync/channel.c), close_locked (endpoint.c), vrt_waiter_claim_any (waiter.c), vrt_timers_fire (timer.c).
 *
 * Checked: no deadlock; sent = received, and a value goes nowhere else (C4); nobody parks beside one who could proceed with
 * it, whatever wait that one left undecided before (C5); one post for each wait, with one outcome (T3); who goes on stands
 * on no channel (S4).
 * BUG 1: the locks are taken in the order of the arms.   BUG 2: no second try with all locks held.
 * BUG 3: who goes on is not unlinked.                    BUG 4: a claim that fails ends the search for a partner.
 * BUG 5: the claim is a test and a store.                BUG 6: the claim ignores the ticket.
 * BUG 7: close passes by those who are parked to send.   BUG 8: one who gave up has sent its value all the same.
 */
#ifndef BUG
#define BUG 0
#endif
#define CHANNELS 2
#define FIBERS 4
#define FIRST 0                         /* select { receive 0, send 1 } */
#define SECOND 1                        /* select { send 0, receive 1 } */
#define SENDER 2                        /* send 0 */
#define RECEIVER 3                      /* receive 0, with a deadline */
#define NOBODY 9

mtype = { NONE, RECEIVED, SENT, CLOSED, TIMEOUT };

bool locked[CHANNELS], closed[CHANNELS];
/* who is registered: at channel c to receive, to send; with the ticket of that wait */
#define RECEIVES 0
#define SENDS 8
#define AT(list, c, f) on[list + c * FIBERS + f]
#define TICKET_AT(list, c, f) ticket_of[list + c * FIBERS + f]
bool on[16];
byte ticket_of[16];
/* the records */
bool open[FIBERS];
byte ticket[FIBERS];
mtype outcome[FIBERS];
byte posts[FIBERS];
byte sent, received;
byte timer_for;                         /* the deadline's ticket, 0: none */
byte ended;

inline lock(c) { atomic { !locked[c] -> locked[c] = true } }
inline unlock(c) { locked[c] = false }

inline claim(f, with, won) {
#if BUG == 6
    atomic { won = open[f]; open[f] = false }
#else
    atomic { won = open[f] && ticket[f] == with; if :: won -> open[f] = false :: else -> skip fi }
#endif
}

inline post(f, what) { atomic { outcome[f] = what; posts[f]++; assert(posts[f] == 1) } }

/* The first in the list whose record can be claimed; those before it leave the list. Lock held. */
inline claim_first(list, c) {
    other = 0;
    partner = NOBODY;
    do
    :: other < FIBERS && partner == NOBODY ->
        if
        :: AT(list, c, other) ->
            AT(list, c, other) = false;
            claim(other, TICKET_AT(list, c, other), won);
            if
            :: won -> partner = other
            :: else ->
#if BUG == 4
                break
#else
                skip
#endif
            fi
        :: else -> skip
        fi;
        other++
    :: else -> break
    od
}

/* Lock held; `what` is NONE if it cannot proceed. */
inline try_receive(c) {
    if
    :: what == NONE && closed[c] -> what = CLOSED
    :: what == NONE && !closed[c] ->
        claim_first(SENDS, c);
        if
        :: partner != NOBODY -> what = RECEIVED; received++; woken = partner; woken_with = SENT
        :: else -> skip
        fi
    :: else -> skip
    fi
}

inline try_send(c) {
    if
    :: what == NONE && closed[c] -> what = CLOSED
    :: what == NONE && !closed[c] ->
        claim_first(RECEIVES, c);
        if
        :: partner != NOBODY -> what = SENT; sent++; woken = partner; woken_with = RECEIVED
        :: else -> skip
        fi
    :: else -> skip
    fi
}

inline post_woken() {
    if
    :: woken != NOBODY -> post(woken, woken_with); woken = NOBODY
    :: else -> skip
    fi
}

/* Nobody whom the others could still claim stands at the other side. All locks held. */
#define CAN_PROCEED(list, c, f) (AT(list, c, f) && open[f] && ticket[f] == TICKET_AT(list, c, f))
#define NO_PARTNER(list, c, me) \
    ((me == 0 || !CAN_PROCEED(list, c, 0)) && (me == 1 || !CAN_PROCEED(list, c, 1)) && \
     (me == 2 || !CAN_PROCEED(list, c, 2)) && (me == 3 || !CAN_PROCEED(list, c, 3)))

inline park(list, against, c, me) {
    d_step {
        assert(!closed[c] && NO_PARTNER(against, c, me));
        assert(!AT(list, c, me));
        AT(list, c, me) = true;
        TICKET_AT(list, c, me) = ticket[me]
    }
}

inline unlink(list, c, me) {
#if BUG != 3
    atomic { !locked[c]; AT(list, c, me) = false }
#else
    skip
#endif
}

inline arm(me) { atomic { ticket[me]++; open[me] = true } }

inline wait(me) {
    atomic { posts[me] > 0 -> posts[me]--; what = outcome[me]; outcome[me] = NONE };
    assert(what != NONE && !open[me])
}

/* A value that was handed over counts once on each side. */
inline count() {
    if
    :: what == RECEIVED -> received++
    :: what == SENT -> sent++
#if BUG == 8
    :: what == TIMEOUT -> sent++
#endif
    :: else -> skip
    fi;
    what = NONE
}

proctype selects(byte me; byte in; byte out) {
    mtype what = NONE, woken_with;
    byte other, partner, woken = NOBODY;
    bool won;
    if
    :: me == FIRST ->                                   /* the short way; it only can make things happen sooner */
        atomic { !locked[in]; try_receive(in) };
        atomic { !locked[out]; try_send(out) };
        post_woken()
    :: else -> skip
    fi;
    if
    :: what != NONE -> goto done
    :: else -> skip
    fi;
    arm(me);
#if BUG == 1
    lock(in); lock(out);
#else
    lock(0); lock(1);
#endif
    atomic {
#if BUG != 2
        try_receive(in);
        try_send(out);
#endif
        if
        :: what != NONE -> open[me] = false
        :: else -> park(RECEIVES, SENDS, in, me); park(SENDS, RECEIVES, out, me)
        fi;
        unlock(0); unlock(1)
    };
    if
    :: what != NONE -> post_woken()
    :: else ->
        wait(me);
        unlink(RECEIVES, in, me);
        unlink(SENDS, out, me);
        count()
    fi;
done:
    atomic { assert(!AT(RECEIVES, in, me) && !AT(SENDS, out, me)); ended++ }
}

proctype sender() {
    mtype what = NONE, woken_with;
    byte other, partner, woken = NOBODY;
    bool won;
    arm(SENDER);
    atomic {
        !locked[0];
        try_send(0);
        if
        :: what != NONE -> open[SENDER] = false
        :: else -> park(SENDS, RECEIVES, 0, SENDER)
        fi
    };
    if
    :: what != NONE -> post_woken()
    :: else ->
        wait(SENDER);
        assert(!AT(SENDS, 0, SENDER));            /* whoever decided it took it out */
        count()
    fi;
    ended++
}

/* Twice, with the same record: an old deadline must not end the second wait. */
proctype receiver() {
    mtype what = NONE, woken_with;
    byte other, partner, woken = NOBODY, round;
    bool won;
    do
    :: round < 2 ->
        round++;
        what = NONE;
        arm(RECEIVER);
        atomic {
            !locked[0];
            try_receive(0);
            if
            :: what != NONE -> open[RECEIVER] = false
            :: else -> park(RECEIVES, SENDS, 0, RECEIVER)
            fi
        };
        if
        :: what != NONE -> post_woken()
        :: else ->
            if
            :: round == 1 -> timer_for = ticket[RECEIVER]
            :: else -> skip
            fi;
            wait(RECEIVER);
            assert(what != TIMEOUT || round == 1);
            if
            :: what == TIMEOUT -> unlink(RECEIVES, 0, RECEIVER)
            :: else -> skip
            fi;
            assert(!AT(RECEIVES, 0, RECEIVER));
            count()
        fi
    :: else -> break
    od;
    ended++
}

proctype timer() {
    bool won;
    byte due;
end_timer:
    atomic { timer_for != 0 -> due = timer_for };
#if BUG == 5
    won = open[RECEIVER] && ticket[RECEIVER] == due;
    if
    :: won -> open[RECEIVER] = false
    :: else -> skip
    fi;
#else
    claim(RECEIVER, due, won);
#endif
    if
    :: won -> post(RECEIVER, TIMEOUT)
    :: else -> skip
    fi
}

inline fail_all(list, c) {
    i = 0;
    do
    :: i < FIBERS ->
        if
        :: AT(list, c, i) ->
            AT(list, c, i) = false;
            claim(i, TICKET_AT(list, c, i), won);
            if
            :: won -> told[i] = true
            :: else -> skip
            fi
        :: else -> skip
        fi;
        i++
    :: else -> break
    od
}

proctype closer() {
    bool won, told[FIBERS];
    byte i, c;
    do
    :: c < CHANNELS ->
        atomic {
            !locked[c];
            closed[c] = true;
#if BUG != 7
            fail_all(SENDS, c);
#endif
            fail_all(RECEIVES, c);
            i = 0
        };
        do
        :: i < FIBERS ->
            if
            :: told[i] -> told[i] = false; post(i, CLOSED)
            :: else -> skip
            fi;
            i++
        :: else -> break
        od;
        c++
    :: else -> break
    od;
    ended++
}

init {
    atomic {
        run selects(FIRST, 0, 1); run selects(SECOND, 1, 0);
        run sender(); run receiver(); run timer();
        run closer()
    };
    ended == FIBERS + 1 ->
    assert(sent == received && !locked[0] && !locked[1])
}
