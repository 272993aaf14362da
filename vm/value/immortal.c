#include "vm/value/graph.h"

#include <string.h>

/* The values that live as long as their VM: module variables and constants. `objects` have count 0 and are freed
 * by destroy; `roots` could not be frozen (handles, and graphs other isolates are counting): the list holds a
 * count of each. Changed by the thread that loads and runs main. */
struct vvm_immortals {
    struct vvm_object **objects;
    size_t object_count, object_capacity;
    vvm_value *roots;
    size_t root_count, root_capacity;
};

struct vvm_immortals *vvm_immortals_create(void)
{
    return vrt_alloc_zeroed(sizeof(struct vvm_immortals));
}

/* Room for `more` items of `size` bytes; `*items` may move. */
static bool reserve(void **items, size_t size, size_t count, size_t *capacity, size_t more)
{
    if (*capacity - count >= more)
        return true;
    size_t wanted = (count + more) * 2;
    void *moved = vrt_realloc(*items, *capacity * size, wanted * size);
    if (moved == NULL)
        return false;
    *items = moved;
    *capacity = wanted;
    return true;
}

static bool reserve_both(struct vvm_immortals *list, size_t objects)
{
    return reserve((void **)&list->objects, sizeof *list->objects, list->object_count, &list->object_capacity,
                   objects) &&
           reserve((void **)&list->roots, sizeof *list->roots, list->root_count, &list->root_capacity, 1);
}

/* Handles keep their counts, but any isolate may come by them now, so they are shared. */
static void freeze(struct vvm_immortals *list, struct vvm_object *object)
{
    vvm_flags_remove(object, VVM_FLAG_COLLECTOR);
    vvm_flags_add(object, VVM_FLAG_SENDABLE);
    if (object->kind == VVM_HANDLE) {
        struct vvm_handle *handle = (struct vvm_handle *)object;
        if (handle->ops->crossing != NULL)
            handle->ops->crossing(handle);
        vvm_count_set(object, -vvm_count_of(object));
        return;
    }
    vvm_count_set(object, 0);
    list->objects[list->object_count++] = object;
}

static void freeze_all(struct vvm_immortals *list, const struct vvm_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        freeze(list, graph->nodes[i].object);
    struct vvm_object *root = graph->root.object;
    if (vvm_count_of(root) != 0)
        list->roots[list->root_count++] = graph->root;
}

bool vvm_make_immortal(vvm_value v, struct vvm_immortals *list, struct vvm_text_builder *path)
{
    if (!vvm_is_heap(v))
        return true;
    struct vvm_graph graph;
    bool done = vvm_graph_collect(&graph, v, "", path);
    if (done && !reserve_both(list, graph.count)) {
        path->failed = true;
        done = false;
    }
    if (done)
        freeze_all(list, &graph);
    vvm_graph_drop(&graph);
    return done;
}

/* What immortals hold and is counted goes first: a handle's destroy may still look at immortal values. */
static void release_counted(struct vvm_immortals *list)
{
    vvm_release_all(list->roots, list->root_count);
    for (size_t i = 0; i < list->object_count; i++) {
        struct vvm_children children = vvm_children_of(list->objects[i]);
        for (size_t k = 0; k < children.count; k++)
            vvm_release(vvm_children_at(&children, k));
    }
}

void vvm_immortals_destroy(struct vvm_immortals *list)
{
    if (list == NULL)
        return;
    release_counted(list);
    for (size_t i = 0; i < list->object_count; i++)
        vvm_object_dispose(list->objects[i]);
    if (list->objects != NULL)
        vrt_free(list->objects, list->object_capacity * sizeof *list->objects);
    if (list->roots != NULL)
        vrt_free(list->roots, list->root_capacity * sizeof *list->roots);
    vrt_free(list, sizeof *list);
}
