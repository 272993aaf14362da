/* Channel: the in-chain under the senders' lock, the out-chain under the receivers' lock, slots given back
 * late, parking with both locks held (receivers' first), each side told by a hint on the other's line.
 *
 * Checked: no deadlock, nobody stays parked beside a free slot or a message, at most CAPACITY buffered,
 * sent = received, both locks free at the end.
 * BUG 1: slots are given back in steps only, also when a sender is parked.
 * BUG 2: a receiver parks after it looked under its own lock only.
 * BUG 3: a full sender parks without taking back the slots that were not given back yet.
 * BUG 4: close does not look at the parked receivers.
 */
#ifndef BUG
#define BUG 0
#endif
#define CAPACITY 2
#define STEP 2
#define SENDERS 2
#define RECEIVERS 2
#define PER 2

bool in_lock, out_lock;
byte in_count, out_count, free_slots = CAPACITY, taken;
byte open_senders = SENDERS;
byte parked_senders, parked_receivers;                          /* lists: counts are enough here */
bool receivers_wait, senders_wait;                              /* hints, written under both locks */
byte sender_wakes, receiver_wakes, receiver_closes;
byte sent, received;

inline acquire(l) { atomic { !l -> l = true } }

inline give_back() {                                            /* both locks held */
    free_slots = free_slots + taken;
    taken = 0;
    do
    :: free_slots > 0 && parked_senders > 0 ->
        parked_senders--; free_slots--; in_count++; sender_wakes++
    :: else -> break
    od;
    senders_wait = (parked_senders > 0);
    assert(in_count + out_count <= CAPACITY)
}

proctype sender() {
    byte i;
    do
    :: i < PER ->
        acquire(in_lock);
        if
        :: !receivers_wait && free_slots > 0 ->
            d_step { free_slots--; in_count++; sent++ };
            in_lock = false
        :: else ->
            in_lock = false;
            acquire(out_lock);
            acquire(in_lock);
#if BUG != 3
            give_back();
#endif
            if
            :: parked_receivers > 0 ->
                d_step { assert(in_count + out_count == 0); parked_receivers--; receiver_wakes++; sent++;
                         receivers_wait = (parked_receivers > 0) };
                in_lock = false; out_lock = false
            :: parked_receivers == 0 && free_slots > 0 ->
                d_step { receivers_wait = false; free_slots--; in_count++; sent++ };
                in_lock = false; out_lock = false
            :: else ->
                assert(free_slots + taken == 0);
                d_step { receivers_wait = false; parked_senders++; senders_wait = true; sent++ };
                in_lock = false; out_lock = false;
                atomic { sender_wakes > 0 -> sender_wakes-- }
            fi
        fi;
        i++
    :: else -> break
    od;
    acquire(out_lock);
    acquire(in_lock);
    open_senders--;
    if
#if BUG != 4
    :: open_senders == 0 -> receiver_closes = parked_receivers; parked_receivers = 0
#endif
    :: else -> skip
    fi;
    in_lock = false;
    out_lock = false
}

proctype receiver() {
next:
    acquire(out_lock);
    if
    :: out_count > 0 -> skip
    :: else ->
#if BUG == 2
        if
        :: in_count == 0 && open_senders > 0 ->
            out_lock = false;
            acquire(out_lock);
            acquire(in_lock);
            d_step { parked_receivers++; receivers_wait = true };
            in_lock = false; out_lock = false;
            goto park
        :: else -> skip
        fi;
#endif
        acquire(in_lock);
        d_step { out_count = in_count; in_count = 0 };
        if
        :: out_count > 0 -> in_lock = false
        :: out_count == 0 && open_senders == 0 -> in_lock = false; out_lock = false; goto done
        :: else ->
            d_step { parked_receivers++; receivers_wait = true };
            in_lock = false; out_lock = false;
            goto park
        fi
    fi;
    d_step { out_count--; received++; taken++ };
    if
#if BUG == 1
    :: taken >= STEP -> acquire(in_lock); give_back(); in_lock = false
    :: else -> skip
#else
    :: taken >= STEP || senders_wait -> acquire(in_lock); give_back(); in_lock = false
    :: else -> skip
#endif
    fi;
    assert(parked_senders == 0 || taken == 0);                  /* nobody waits for a slot that is free */
    out_lock = false;
    goto next;
park:
    if
    :: atomic { receiver_wakes > 0 -> receiver_wakes--; received++ }; goto next
    :: atomic { receiver_closes > 0 -> receiver_closes-- }
    fi;
done: skip
}

init {
    byte i;
    atomic {
        do :: i < SENDERS -> run sender(); i++ :: else -> break od;
        i = 0;
        do :: i < RECEIVERS -> run receiver(); i++ :: else -> break od
    };
    _nr_pr == 1 ->
    assert(sent == SENDERS * PER && received == sent && !in_lock && !out_lock);
    assert(parked_senders == 0 && parked_receivers == 0)
}
