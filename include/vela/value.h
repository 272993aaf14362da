/* The value: the one word pair that every part of Vela passes about.
 *
 * A value is 16 bytes: a tag word and a payload. The runtime below the
 * interpreter treats it as opaque, except for bit 7 of the tag: where it is
 * clear, the payload is no counted object and sharing or releasing the value is
 * a no-op that may be skipped. */
#ifndef VELA_VALUE_H
#define VELA_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct vela_value {
    uint64_t tag;
    union {
        int64_t number;
        double real;
        void *object;
        uint64_t bits;
        char text[8];
    };
} vela_value;

#define VELA_VALUE_HEAP_BIT ((uint64_t)0x80)

static inline bool vela_value_is_counted(vela_value value)
{
    return (value.tag & VELA_VALUE_HEAP_BIT) != 0;
}

/* What the runtime needs to know of values; the interpreter fills it in.
 * All functions may be called on any thread of the runtime, with no lock held. */
struct vela_value_ops {
    /* Gives one count of `value` back. Never called for uncounted values. */
    void (*release)(vela_value value);
    /* The error a promise is rejected with when its last producer goes. Owned by the caller. */
    vela_value (*promise_dropped)(void *context);
    /* A rejection that nobody observed, reported when its promise is freed. Borrows `error`. */
    void (*unobserved)(void *context, vela_value error);
    void *context;
};

#endif
