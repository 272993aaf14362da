/* Wait record: one fiber selects over two channels with a timer beside it, three times with the same
 * record. A waker claims OPEN to CLAIMED by (record, ticket), writes the outcome, posts once. The fiber
 * unlinks the record from every channel under that channel's lock before it goes on.
 *
 * Checked: one resume per wait, the record is never linked twice, a stale timer does nothing, and
 * sent = received + buffered (a message whose claim fails stays in the channel).
 * BUG 1: the claim is a test and a store.      BUG 2: the timer's claim ignores the ticket.
 * BUG 3: the fiber goes on without unlinking.  BUG 4: a failed claim drops the message.
 * BUG 5: two selects lock the channels in different orders.
 */
#ifndef BUG
#define BUG 0
#endif
#define ROUNDS 2
#define SENDS 2

bool open;                  /* the record's state, OPEN or CLAIMED */
byte ticket;                /* incremented at each arm */
byte outcome;               /* 0 none, 1 message of A, 2 message of B, 3 timer */
byte posted;                /* posts in the inbox */
bool linked[2];             /* the record is on the channel's list */
byte linked_ticket[2];
bool locked[2];
byte buffered[2];
byte sent, received;
byte timer_due;             /* ticket the timer was armed for, 0 none */
bool timer_for_old;         /* the timer fired for the wait it was armed for, never a later one */

inline lock(c) { atomic { !locked[c] -> locked[c] = true } }
inline unlock(c) { locked[c] = false }

inline claim(with, won) {
#if BUG == 1
    won = open && ticket == with;
    if
    :: won -> open = false
    :: else -> skip
    fi
#else
    atomic { won = open && ticket == with;
             if
             :: won -> open = false
             :: else -> skip
             fi }
#endif
}

inline post(what) { outcome = what; atomic { posted++; assert(posted == 1) } }

proctype sender(byte c) {
    bool won;
    byte i;
    do
    :: i < SENDS / 2 ->
        won = false;
        lock(c);
        sent++;
        if
        :: linked[c] ->
            claim(linked_ticket[c], won);
            linked[c] = false;
            if
            :: won -> post(c + 1)
#if BUG == 4
            :: else -> skip
#else
            :: else -> buffered[c]++
#endif
            fi
        :: else -> buffered[c]++
        fi;
        unlock(c);
        i++
    :: else -> break
    od
}

proctype timer() {
    bool won;
    byte due;
end_timer:
    do
    :: atomic { timer_due != 0 -> due = timer_due; timer_due = 0 };
#if BUG == 2
        atomic { won = open; if :: won -> open = false; timer_for_old = (due != ticket) :: else -> skip fi };
#else
        claim(due, won);
#endif
        if
        :: won -> post(3)
        :: else -> skip
        fi
    od
}

inline unlink(c) {
    lock(c);
    linked[c] = false;
    unlock(c)
}

proctype fiber() {
    byte round, got;
    do
    :: round < ROUNDS ->
        round++;
        got = 0;
        atomic { ticket++; open = true };
#if BUG == 5
        lock(1);
        lock(0);
#else
        lock(0);
        lock(1);
#endif
        if
        :: buffered[0] > 0 -> atomic { buffered[0]--; received++ }; open = false; unlock(1); unlock(0)
        :: buffered[1] > 0 -> atomic { buffered[1]--; received++ }; open = false; unlock(1); unlock(0)
        :: buffered[0] == 0 && buffered[1] == 0 ->
            assert(!linked[0] && !linked[1]);
            atomic { linked[0] = true; linked_ticket[0] = ticket };
            atomic { linked[1] = true; linked_ticket[1] = ticket };
            timer_due = ticket;
            unlock(1);
            unlock(0);
            atomic { posted > 0 -> posted--; got = outcome; outcome = 0 };      /* parked, resumed */
            assert(!open && got != 0 && !timer_for_old);
            if
            :: got != 3 -> received++
            :: else -> skip
            fi;
#if BUG != 3
            unlink(0);
            unlink(1)
#endif
        fi
    :: else -> break
    od
}

proctype other_select() {
    lock(0);
    lock(1);
    unlock(1);
    unlock(0)
}

init {
    atomic { run fiber(); run other_select(); run timer(); run sender(0); run sender(1) };
    timeout ->
    assert(posted == 0);
    assert(sent == received + buffered[0] + buffered[1])
}
