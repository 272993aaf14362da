/* Isolate states: letters and state are one word, changed by single atomic steps.
 *
 *          post (any)                 a runner pops it
 *   IDLE ---------------> QUEUED ----------------------> RUNNING <------------+
 *    ^                      ^                             |   |               | take_inbox (runner)
 *    |  no news: CAS        |  news, or turn YIELD        |   | post (any)    |
 *    +----------------------+-----------------------------+   v               |
 *                           +------------------------ RUNNING_NOTIFIED -------+
 *
 * Whoever moves IDLE to QUEUED enqueues. Checked: at most one queue entry, at most one runner, every letter
 * is read once, none is left with an IDLE isolate when all posters are done.
 * BUG 1: the runner goes IDLE by a plain store.    BUG 2: a post tests the state, then changes it.
 * BUG 3: a post to a RUNNING isolate leaves no note, and the runner compares the state alone.
 * BUG 4: the runner forgets to enqueue when it goes from RUNNING_NOTIFIED to QUEUED.
 */
#ifndef BUG
#define BUG 0
#endif
#define POSTERS 3
#define PER 2

bool ready, running;            /* the state bits: 00 IDLE, 10 QUEUED, 01 RUNNING, 11 RUNNING_NOTIFIED */
byte letters;                   /* in the same word */
byte queued, runners, handled;

inline enqueue() { atomic { queued++; assert(queued == 1) } }

proctype poster() {
    bool was_idle;
    byte i;
    do
    :: i < PER ->
#if BUG == 2
        was_idle = !ready && !running;
        atomic { letters++; ready = true };
#elif BUG == 3
        atomic { was_idle = !ready && !running; letters++; ready = ready || !running };
#else
        atomic { was_idle = !ready && !running; letters++; ready = true };      /* compare and swap */
#endif
        if
        :: was_idle -> enqueue()
        :: else -> skip
        fi;
        was_idle = false;
        i++
    :: else -> break
    od
}

inline take_inbox() { atomic { handled = handled + letters; letters = 0; ready = false } }      /* exchange */

proctype runner() {
    bool idle;
end_runner:
    do
    :: atomic { queued > 0 -> queued-- };
        atomic { assert(ready && !running); ready = false; running = true; runners++; assert(runners == 1) };
        take_inbox();
        idle = false;
        if
        :: true ->                                                              /* turn IDLE */
#if BUG == 1
            idle = !ready && letters == 0;
            if
            :: idle -> atomic { running = false; ready = false; runners-- }
            :: else -> skip
            fi
#elif BUG == 3
            atomic { idle = !ready; if :: idle -> running = false; runners-- :: else -> skip fi }
#else
            atomic { idle = !ready && letters == 0;                             /* compare and swap */
                     if :: idle -> running = false; runners-- :: else -> skip fi }
#endif
        :: true -> skip                                                         /* turn YIELD */
        fi;
        if
        :: idle -> skip
        :: else ->
            atomic { ready = true; running = false; runners-- };
#if BUG == 4
            atomic { if :: letters == 0 -> queued++ :: else -> skip fi }
#else
            enqueue()
#endif
        fi
    od
}

init {
    atomic { run poster(); run poster(); run poster(); run runner(); run runner() };
    timeout ->                                                                  /* nobody can move any more */
    assert(letters == 0 && handled == POSTERS * PER && !ready && !running && queued == 0)
}
