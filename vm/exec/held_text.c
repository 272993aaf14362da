/* What a report says of who holds something, and of circles. */
#include "vm/exec/held_graph.h"

#include "vm/exec/describe.h"

#include <string.h>

#define NAMES_MAX 3

/* ---- Holders ---- */

static void add_name(const struct vvm_held *held, uint32_t node, struct vvm_text_builder *out)
{
    if (held->nodes[node].kind == TASK) {
        vvm_describe_task(held->waits->items[node].isolate, held->waits->items[node].fiber, out);
    } else {
        const struct vvm_global *global = held->nodes[node].thing;
        vvm_text_add_format(out, "the module's `%s`", vvm_symbols_text(held->vm->symbols, global->name));
    }
}

/* The tasks and variables that can be reached over objects alone, in `out`; as many as there are. Without memory: none. */
static uint32_t collect_holders(struct vvm_held *held, uint32_t end, uint32_t *out)
{
    uint32_t found = 0, todo = 1, *list = vrt_alloc(((size_t)held->count + 1) * sizeof *list);
    if (list == NULL)
        return 0;
    held->stamp++;
    list[0] = end;
    for (uint32_t i = 0; i < todo; i++) {
        uint32_t kind = held->nodes[list[i]].kind;
        if (kind == TASK || kind == GLOBAL) {
            if (found < NAMES_MAX)
                out[found] = list[i];
            found++;
            continue;
        }
        for (uint32_t k = held->rows.first[list[i]]; k < held->rows.first[list[i] + 1]; k++) {
            uint32_t next = held->rows.items[k];
            if (held->stamps[next] != held->stamp) {
                held->stamps[next] = held->stamp;
                list[todo++] = next;
            }
        }
    }
    vrt_free(list, ((size_t)held->count + 1) * sizeof *list);
    return found;
}

/* Does the text end with the same name twice? Then the second one goes. */
static bool drop_repeated(struct vvm_text_builder *out, size_t before, size_t name)
{
    size_t length = out->length - name;
    if (name == 0 || name - 2 < length || memcmp(out->data + name - 2 - length, out->data + name, length) != 0)
        return false;
    out->length = before;
    return true;
}

/* "main, worker "b" and 3 others": names that are alike are told once. */
static char *holders_text(struct vvm_held *held, uint32_t end)
{
    uint32_t some[NAMES_MAX], count = collect_holders(held, end, some), shown = 0;
    struct vvm_text_builder out;
    vvm_text_init(&out);
    for (uint32_t i = 0; i < count && i < NAMES_MAX; i++) {
        size_t before = out.length;
        vvm_text_add_c(&out, i == 0 ? "" : ", ");
        size_t name = out.length;
        add_name(held, some[i], &out);
        shown += !out.failed && !drop_repeated(&out, before, name);
    }
    if (count > shown)
        vvm_text_add_format(&out, " and %u other%s", count - shown, count == shown + 1 ? "" : "s");
    char *text = out.failed ? NULL : strndup(out.length != 0 ? out.data : "", out.length);
    held->has_texts |= text != NULL;
    vvm_text_drop(&out);
    return text;
}

void vvm_held_add_holders(struct vvm_held *held, const struct vrt_channel *channel, bool senders, struct vvm_text_builder *out)
{
    uint32_t slot = *vvm_held_slot(held, senders ? SENDERS : RECEIVERS, channel);
    if (slot == 0)
        return;
    if (held->nodes[slot - 1].text == NULL)
        held->nodes[slot - 1].text = holders_text(held, slot - 1);
    if (held->nodes[slot - 1].text != NULL)
        vvm_text_add_c(out, held->nodes[slot - 1].text);
}

/* ---- Circles ---- */

struct path { uint32_t *nodes, *next; uint8_t *seen; uint32_t length; };
enum { UNSEEN, ON_PATH, DONE };

static const char *verb_of(const struct vvm_fiber *fiber)
{
    switch ((enum vrt_where)fiber->waiter->where) {
    case VRT_WHERE_RECEIVE: return " waits to receive from ";
    case VRT_WHERE_SEND: return " waits to send to ";
    case VRT_WHERE_SELECT: return " waits in select for ";
    default: return " waits for ";
    }
}

/* The tasks of the path from `start` on, and the first one again. False: there are only objects. */
static bool write_circle(const struct vvm_held *held, const struct path *path, uint32_t start, struct vvm_text_builder *out)
{
    uint32_t first = VVM_HELD_NONE;
    for (uint32_t i = start; i < path->length; i++) {
        if (held->nodes[path->nodes[i]].kind != TASK)
            continue;
        first = first == VVM_HELD_NONE ? path->nodes[i] : first;
        if (out->length > 4000)
            continue;
        add_name(held, path->nodes[i], out);
        vvm_text_add_c(out, verb_of(held->waits->items[path->nodes[i]].fiber));
    }
    if (first != VVM_HELD_NONE)
        add_name(held, first, out);
    return first != VVM_HELD_NONE;
}

static void push(const struct vvm_held *held, struct path *path, uint32_t node)
{
    path->seen[node] = ON_PATH;
    path->next[node] = held->rows.first[node];
    path->nodes[path->length++] = node;
}

static uint32_t place_in(const struct path *path, uint32_t node)
{
    uint32_t at = path->length;
    while (path->nodes[--at] != node) {
    }
    return at;
}

/* Depth first from one task. True: the circle is written. */
static bool walk(const struct vvm_held *held, struct path *path, uint32_t from, struct vvm_text_builder *out)
{
    path->length = 0;
    push(held, path, from);
    while (path->length != 0) {
        uint32_t node = path->nodes[path->length - 1], at = path->next[node]++;
        if (at >= held->rows.first[node + 1]) {
            path->seen[node] = DONE;
            path->length--;
        } else if (!held->rows.aside[at] && path->seen[held->rows.items[at]] == UNSEEN) {
            push(held, path, held->rows.items[at]);
        } else if (!held->rows.aside[at] && path->seen[held->rows.items[at]] == ON_PATH &&
                   write_circle(held, path, place_in(path, held->rows.items[at]), out)) {
            return true;
        }
    }
    return false;
}

bool vvm_held_add_circle(struct vvm_held *held, const bool *only, struct vvm_text_builder *out)
{
    size_t count = (size_t)held->count + 1;
    struct path path = {vrt_alloc(count * sizeof *path.nodes), vrt_alloc(count * sizeof *path.next), vrt_alloc_zeroed(count * sizeof *path.seen), 0};
    bool found = false;
    for (size_t k = 0; path.nodes != NULL && path.next != NULL && path.seen != NULL && k < held->waits->count && !found; k++)
        if (path.seen[k] == UNSEEN && (only == NULL || only[k]))
            found = walk(held, &path, (uint32_t)k, out);
    vvm_held_give(path.nodes, count * sizeof *path.nodes);
    vvm_held_give(path.next, count * sizeof *path.next);
    vvm_held_give(path.seen, count * sizeof *path.seen);
    return found;
}
