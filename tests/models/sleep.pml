/* Thread sleep: the flag 'about to sleep' against 'new work', with threads that search.
 *
 * A thread that finds nothing announces its sleep (read-modify-write), looks once more, then waits on its
 * futex. A producer pushes first; it wakes a sleeper only if nobody searches. The last searcher that finds
 * work passes the search on, for what it leaves behind. A task blocks its thread until every task was
 * taken: so work that lies there while a thread sleeps shows as a deadlock.
 *
 * BUG 1: no second look after the announcement.     BUG 2: the announcement comes after the second look.
 * BUG 3: a searcher that finds work wakes nobody.   BUG 4: the searcher leaves the count after its second look.
 */
#ifndef BUG
#define BUG 0
#endif
#define THREADS 2
#define TASKS 2

byte queue, taken, searching;
bool asleep[THREADS], token[THREADS];

inline wake_one() {
    byte k;
    if
    :: searching == 0 ->
        k = 0;
        do
        :: k < THREADS ->
            atomic { was = asleep[k]; asleep[k] = false };      /* exchange: one waker per sleep */
            if
            :: was -> searching++; token[k] = true; break       /* woken as a searcher */
            :: else -> k++
            fi
        :: else -> break
        od
    :: else -> skip
    fi
}

proctype producer() {
    bool was;
    byte i;
    do
    :: i < TASKS / 2 -> atomic { queue++ }; wake_one(); i++
    :: else -> break
    od
}

proctype thread(byte me) {
    bool was, found, last;
search:
    atomic { searching++ };
look:
    atomic { found = (queue > 0); if :: found -> queue-- :: else -> skip fi };
    if
    :: found ->
        atomic { searching--; last = (searching == 0) };
        atomic { taken++ };
#if BUG != 3
        if
        :: last && queue > 0 -> wake_one()
        :: else -> skip
        fi;
#endif
        taken == TASKS;                                         /* the task waits for the others */
        goto search
    :: else -> skip
    fi;
#if BUG == 2
    atomic { searching-- };
    if
    :: queue > 0 -> goto search
    :: else -> skip
    fi;
    asleep[me] = true;
#else
    asleep[me] = true;                                          /* read-modify-write, seq_cst */
#if BUG != 4
    atomic { searching-- };
#endif
#if BUG != 1
    if
    :: queue > 0 ->
        atomic { was = asleep[me]; asleep[me] = false };
        if
        :: was -> 
#if BUG == 4
            atomic { searching-- };
#endif
            goto search
        :: else -> skip                                         /* a waker chose us: its token comes */
        fi
    :: else -> skip
    fi;
#endif
#if BUG == 4
    atomic { searching-- };
#endif
#endif
end_sleep:
    token[me];
    token[me] = false;
    goto look
}

init {
    atomic { run producer(); run producer(); run thread(0); run thread(1) };
    timeout ->
    assert(queue == 0 && taken == TASKS)
}
