/* Thread sleep: 'about to sleep' against 'new work', with threads that search.
 *
 * One word counts searching and sleeping threads; both sides change it by read-modify-writes. A producer
 * publishes, then reads the word: if nobody searches and somebody sleeps, it wakes one sleeper, who wakes
 * as a searcher. A thread that found nothing says 'I sleep, I search no more' and looks again. The last
 * searcher that finds work acts as a producer for what it leaves behind.
 *
 * A task holds its thread until every task was taken: so work that lies in the queue while a thread
 * sleeps shows as a deadlock, not as a delay.
 * BUG 1: no second look.                          BUG 2: the second look comes before the announcement.
 * BUG 3: the last searcher that finds work wakes nobody.
 * BUG 4: the producer reads the word before it publishes.
 * BUG 5: a producer takes a sleeper without the lock, so one sleeper is woken for two.
 */
#ifndef BUG
#define BUG 0
#endif
#define THREADS 3
#define TASKS 3

byte queue, taken;
byte searching, sleeping;               /* one word */
bool locked;
bool asleep[THREADS];                   /* the list of sleepers, guarded by the lock */
bool park[THREADS];

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline rouse(t) {                       /* lock held */
    asleep[t] = false;
    atomic { searching++; sleeping-- };
    park[t] = false
}

inline notify() {
    atomic { wake = (searching == 0 && sleeping > 0) };         /* the producer's read-modify-write */
    if
    :: wake ->
#if BUG != 5
        lock();
#endif
        k = 0;
        do
        :: k < THREADS && !asleep[k] -> k++
        :: k < THREADS && asleep[k] -> rouse(k); break
        :: k == THREADS -> break
        od;
#if BUG != 5
        unlock()
#endif
    :: else -> skip
    fi
}

proctype producer() {
    bool wake;
    byte i, k;
    do
    :: i < TASKS ->
#if BUG == 4
        atomic { wake = (searching == 0 && sleeping > 0) };
        queue++;
        if
        :: wake -> notify()
        :: else -> skip
        fi;
#else
        atomic { queue++ };
        notify();
#endif
        i++
    :: else -> break
    od
}

proctype thread(byte me) {
    bool wake, found, last;
    byte k;
search:
    atomic { searching++ };
look:
    atomic { found = (queue > 0); if :: found -> queue-- :: else -> skip fi };
    if
    :: found ->
        atomic { searching--; last = (searching == 0) };
#if BUG != 3
        if
        :: last && queue > 0 -> notify()
        :: else -> skip
        fi;
#endif
        atomic { taken++ };
        taken == TASKS;                                         /* the task waits for the others */
        goto search
    :: else -> skip
    fi;
    lock();
#if BUG == 2
    found = (queue > 0);
#endif
    asleep[me] = true;
    park[me] = true;
    atomic { searching--; sleeping++ };                         /* the sleeper's read-modify-write */
#if BUG == 0 || BUG > 2
    found = (queue > 0);
#endif
    if
    :: found -> rouse(me); unlock(); goto look
    :: else -> unlock()
    fi;
end_sleep:
    !park[me];
    goto look
}

init {
    atomic { run producer(); run thread(0); run thread(1); run thread(2) };
    timeout ->
    assert(queue == 0 && taken == TASKS && searching == 0 && sleeping == THREADS)
}
