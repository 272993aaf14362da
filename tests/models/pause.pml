/* Pause: two worker threads that take the turns of an isolate and sleep, somebody who wakes them or a thread that runs a bound
 * isolate, and a pauser, who pauses twice: first for as long as it likes to wait, then until all stand. It reads the isolate
 * if that does not run.
 *
 * Abstracts vrt_pause_begin, all_stand, wait_for_all, vrt_pause_stand, vrt_pause_enter_bound, vrt_pause_leave_bound
 * (runtime/sched/pause.c), begin_turn, vrt_isolate_is_running_any (isolate.c), vrt_search_wait (search.c), vrt_idle_sleep,
 * must_stay_awake, rouse_locked (idle.c).
 *
 * What is done with the idle lock held is one step here.
 *
 * Checked: no turn goes on of an isolate that is read; when all stand none runs and none begins to; the pauser that waits
 * for all of them comes to its end, and so does everybody who stands.
 * BUG 1: a turn begins without a look for a pause.       BUG 2: the look comes before the isolate is marked as running.
 * BUG 3: a pause has no number, so who is on its way out of one is taken to stand in the next.
 * BUG 4: the pauser reads `arrivals` after its look.     BUG 5: who lies down does not look for a pause.
 * BUG 6: a bound isolate's thread looks before it counts itself.
 * BUG 7: who leaves a bound isolate tells nobody.        BUG 8: who stands tells nobody.
 */
#ifndef BUG
#define BUG 0
#endif
#define WORKERS 2
#define ISOLATES 2                      /* the last one is bound */
#define BOUND 1

byte wanted, last, bound;
bool arrivals;                          /* somebody came since the pauser read them */
byte stands[WORKERS];
bool asleep[WORKERS], parked[WORKERS];
bool queued, running[ISOLATES], in_turn[ISOLATES], read[ISOLATES];
bool turned[ISOLATES];
bool all_looked;                        /* the pauser looks, and has been told that all stand */

inline arrive() { arrivals = true }

inline take_turn(i) {
    atomic { assert(!read[i] && !all_looked); in_turn[i] = true };
    atomic { assert(!read[i] && !all_looked); in_turn[i] = false; turned[i] = true }
}

inline stand() {
    do
    :: atomic { wanted != 0 -> number = wanted };
#if BUG == 3
        stands[me] = 1;
#else
        stands[me] = number;
#endif
#if BUG != 8
        arrive();
#endif
        wanted != number;
        number = 0
    :: wanted == 0 -> break
    od
}

proctype worker(byte me) {
    byte number;
    bool stay, found;
search:
    if
    :: wanted != 0 -> stand()
    :: else -> skip
    fi;
    atomic { found = queued; queued = false };
    if
    :: found ->
        do
        :: true ->
#if BUG == 2
            number = wanted;
            running[0] = true;
#else
            running[0] = true;
            number = wanted;
#endif
#if BUG == 1
            number = 0;
#endif
            if
            :: number == 0 -> break
            :: else -> running[0] = false; stand()
            fi
        od;
        take_turn(0);
        atomic { running[0] = false; found = false };
        goto search
    :: else -> skip
    fi;
    atomic {
#if BUG == 5
        stay = queued;
#else
        stay = queued || wanted != 0;
#endif
        asleep[me] = !stay;
        parked[me] = true
    };
    if
    :: stay -> stay = false; goto search
    :: else -> skip
    fi;
end_sleep:
    !parked[me];
    goto search
}

/* Makes one more turn necessary, and wakes a sleeper for it. */
proctype waker() {
    if
    :: atomic { !queued && !running[0] && turned[0] -> queued = true };
        atomic {
            if
            :: asleep[0] -> asleep[0] = false; parked[0] = false
            :: !asleep[0] && asleep[1] -> asleep[1] = false; parked[1] = false
            :: else -> skip
            fi
        }
    :: true -> skip
    fi
}

proctype bound_runner() {
    byte number;
    do
    :: true ->
#if BUG == 6
        number = wanted;
        bound++;
#else
        bound++;
        number = wanted;
#endif
        if
        :: number == 0 -> break
        :: else ->
            bound--;
            if
            :: bound == 0 && wanted != 0 -> arrive()
            :: else -> skip
            fi;
            wanted != number;
            number = 0
        fi
    od;
    running[BOUND] = true;
    take_turn(BOUND);
    running[BOUND] = false;
    atomic { bound--; number = bound };
#if BUG != 7
    if
    :: number == 0 && wanted != 0 -> arrive()
    :: else -> skip
    fi
#endif
}

inline look_for_all() {
    all = (bound == 0);
#if BUG == 3
    atomic { all = all && (asleep[0] || stands[0] != 0) && (asleep[1] || stands[1] != 0) }
#else
    atomic { all = all && (asleep[0] || stands[0] == last) && (asleep[1] || stands[1] == last) }
#endif
}

proctype pauser() {
    byte pauses;
    bool all;
    do
    :: pauses < 2 ->
        pauses++;
        last++;
        wanted = last;
        do
        :: true ->
#if BUG == 4
            look_for_all();
            arrivals = false;
#else
            arrivals = false;
            look_for_all();
#endif
            if
            :: all -> break
            :: else -> skip
            fi;
            if
            :: arrivals
            :: pauses == 1 -> look_for_all(); break     /* its deadline has passed */
            fi
        od;
        if
        :: all -> atomic { all_looked = true; assert(!in_turn[0] && !in_turn[BOUND]) }
        :: else -> skip
        fi;
        if
        :: atomic { !running[0] -> assert(!in_turn[0]); read[0] = true }; read[0] = false
        :: else -> skip
        fi;
        all_looked = false;
        wanted = 0
    :: else -> break
    od
}

init {
    atomic {
        queued = true;
        run worker(0);
        run worker(1);
        run pauser();
        if
        :: run waker(); turned[BOUND] = true
        :: run bound_runner()
        fi
    };
    timeout ->
    assert(wanted == 0 && bound == 0 && turned[0] && turned[BOUND])
}
