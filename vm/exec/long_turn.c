#include "vm/exec/long_turn.h"

#include "vm/exec/fiber.h"
#include "vm/exec/isolate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_who(struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    if (vvm_isolate_is_main(isolate))
        vvm_text_add_c(out, "main");
    else
        vvm_isolate_add_text(isolate, out);
}

/* The fiber that goes on next time; one that waits or has ended tells nothing of what took long. */
static void add_where(const struct vvm_isolate *isolate, struct vvm_text_builder *out)
{
    struct vvm_place place;
    if (isolate->current == NULL || !vvm_fiber_place(isolate->current, &place))
        return;
    vvm_text_add_c(out, ", in ");
    vvm_place_add(&place, out);
}

/* One write, so that lines of several threads do not mix. */
static void report(struct vrt_isolate *base, uint64_t took_ns, void *user)
{
    struct vvm_isolate *isolate = (struct vvm_isolate *)base;
    struct vvm_text_builder out;
    (void)user;
    vvm_text_init(&out);
    vvm_text_add_c(&out, "debug: ");
    add_who(isolate, &out);
    vvm_text_add_format(&out, " held a thread for %.1f ms", (double)took_ns / 1e6);
    add_where(isolate, &out);
    vvm_text_add_c(&out, "\n");
    if (!out.failed)
        fwrite(out.data, 1, out.length, stderr);
    vvm_text_drop(&out);
}

void (*vvm_long_turn_reporter(void))(struct vrt_isolate *isolate, uint64_t took_ns, void *user)
{
    const char *level = getenv("VELA_LOG");
    return level != NULL && strcmp(level, "debug") == 0 ? report : NULL;
}
