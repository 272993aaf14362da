/* Parallel operations: ranges that are taken, stolen and put back, and workers that sleep when they find nothing.
 *
 * A range is one word (first, end), changed by compare-and-swap: the owner takes two numbers from the low end and,
 * when its turn ends, puts the second one back; a thief takes the upper half of the other range and stores it in its
 * own, empty one. Who finds nothing announces itself (dry), looks again under the lock, and sleeps until told: by a
 * turn's end that leaves something in a range, or by whoever delivers the last result.
 * Abstracts vrt_range_* (runtime/queue/range.c), vvm_lane_begin_run, vvm_division_dry, vvm_division_end_turn,
 * `delivered` and vvm_step_more (vm/exec/division.c).
 *
 * The first number waits until all others are done, so work that nobody is told of shows as a deadlock.
 * Checked: every number is done once, everybody comes to the end.
 * BUG 1: take is a load and a store.                  BUG 2: a steal is a load and a store.
 * BUG 3: who sleeps does not look again.              BUG 4: the second look comes before the announcement.
 * BUG 5: a turn's end tells nobody.                   BUG 6: it looks for who is dry before it puts back.
 * BUG 7: the last result is told to nobody.           BUG 8: the lock is not taken for the second look.
 * BUG 9: nothing is put back.                         BUG 10: put back without looking whether the end has moved.
 */
#ifndef BUG
#define BUG 0
#endif
#define WORKERS 2
#define NUMBERS 4
#define WORD(first, end) ((end) * 8 + (first))
#define FIRST(word) ((word) % 8)
#define END(word) ((word) / 8)

byte word[WORKERS];
byte done[NUMBERS], left = NUMBERS, dry;
bool locked, news[WORKERS], sleeps[WORKERS];

inline lock() { atomic { !locked -> locked = true } }
inline unlock() { locked = false }

inline tell() {
    lock();
    atomic {
        k = 0;
        do
        :: k < WORKERS ->
            if
            :: sleeps[k] -> sleeps[k] = false; news[k] = true
            :: else -> skip
            fi;
            k++
        :: else -> break
        od;
        k = 0
    };
    unlock()
}

inline take() {                         /* first, count */
    do
    :: w = word[me];
       count = (END(w) - FIRST(w) > 2 -> 2 : END(w) - FIRST(w));
       first = FIRST(w);
       if
       :: count == 0 -> break
       :: else -> skip
       fi;
#if BUG == 1
       word[me] = WORD(first + count, END(w));
       break
#else
       atomic { if :: word[me] == w -> word[me] = WORD(first + count, END(w)); break :: else -> skip fi }
#endif
    od
}

inline put_back() {
#if BUG == 10
    w = word[me];
    word[me] = WORD(first + 1, END(w));
#else
    do
    :: w = word[me];
       atomic { if :: word[me] == w -> word[me] = WORD(first + 1, END(w)); break :: else -> skip fi }
    od;
#endif
    count = 1
}

inline end_turn() {
#if BUG == 6
    seen = dry;
#endif
#if BUG != 9
    if
    :: count == 2 -> put_back()
    :: else -> skip
    fi;
#endif
#if BUG != 6
    seen = dry;
#endif
#if BUG != 5
    if
    :: seen > 0 && END(word[me]) > FIRST(word[me]) -> tell()
    :: else -> skip
    fi
#endif
}

inline steal() {                        /* stole */
    w = word[other];
    if
    :: END(w) == FIRST(w) -> skip
    :: else ->
       half = (END(w) - FIRST(w) + 1) / 2;
#if BUG == 2
       word[other] = WORD(FIRST(w), END(w) - half);
       stole = true;
#else
       atomic {
           if
           :: word[other] == w -> word[other] = WORD(FIRST(w), END(w) - half); stole = true
           :: else -> again = true
           fi
       };
#endif
       if
       :: stole -> word[me] = WORD(END(w) - half, END(w))
       :: else -> skip
       fi
    fi
}

inline find_nothing() { found = END(word[other]) > FIRST(word[other]) || END(word[me]) > FIRST(word[me]) || left == 0 }

inline sleep() {
#if BUG == 4
    find_nothing();
    dry++;
    lock();
#elif BUG == 8
    dry++;
    find_nothing();
    lock();
#else
    lock();
    dry++;
    find_nothing();
#endif
#if BUG == 3
    found = false;
#endif
    if
    :: found -> unlock(); dry--
    :: else ->
       sleeps[me] = true;
       unlock();
       atomic { news[me] -> news[me] = false };
       dry--
    fi
}

inline work() {                         /* the chunk [first, first + count) */
    if
    :: first == 0 ->
       end_turn();                      /* it waits: what is behind it goes to others */
       (left == 1)
    :: else ->
       if
       :: end_turn()                    /* or uses its budget up */
       :: skip
       fi
    fi;
    atomic { done[first]++; assert(done[first] == 1) };
    atomic { left--; last = (left == 0) };
    first++;
    count--;
    if
    :: count > 0 ->
       atomic { done[first]++; assert(done[first] == 1) };
       atomic { left--; last = (left == 0) };
       count--
    :: else -> skip
    fi;
#if BUG != 7
    if
    :: last -> tell()
    :: else -> skip
    fi
#endif
}

proctype worker(byte me) {
    byte w, first, count, half, k, seen, other = 1 - me;
    bool stole, again, found, last;
    do
    :: left == 0 -> break
    :: else ->
       take();
       if
       :: count > 0 -> work()
       :: else ->
          stole = false;
          again = false;
          steal();
          if
          :: stole || again -> skip
          :: else -> sleep()
          fi
       fi
    od
}

init {
    byte i;
    atomic {
        word[0] = WORD(0, NUMBERS - 1);
        word[1] = WORD(NUMBERS - 1, NUMBERS);
        run worker(0);
        run worker(1)
    };
    _nr_pr == 1 ->
    do
    :: i < NUMBERS -> assert(done[i] == 1); i++
    :: else -> break
    od
}
