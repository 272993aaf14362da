#include "vm/value/graph.h"

/* From here on the object is shared: its count is negative and changed by read-modify-writes only. A plain store
 * is enough, because no other isolate has seen the object yet; the send publishes it. */
static void mark_shared(struct vvm_object *object)
{
    vvm_flags_remove(object, VVM_FLAG_COLLECTOR);
    vvm_flags_add(object, VVM_FLAG_SENDABLE);
    vvm_count_set(object, -vvm_count_of(object));
}

static void tell_crossing(const struct vvm_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++) {
        struct vvm_object *object = graph->nodes[i].object;
        if (object->kind != VVM_HANDLE)
            continue;
        struct vvm_handle *handle = (struct vvm_handle *)object;
        if (handle->ops->crossing != NULL)
            handle->ops->crossing(handle);
    }
}

static int64_t bytes_of(const struct vvm_graph *graph)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < graph->count; i++)
        bytes += vvm_object_bytes(graph->nodes[i].object);
    return bytes;
}

static void mark_all(const struct vvm_graph *graph)
{
    for (size_t i = 0; i < graph->count; i++)
        mark_shared(graph->nodes[i].object);
    if (vrt_account_current() != NULL)
        vrt_account_add(-bytes_of(graph)); /* what is shared is charged to nobody */
}

static bool share(vvm_value v, const char *root_name, struct vvm_text_builder *path, bool may_move)
{
    if (!vvm_is_heap(v))
        return true;
    struct vvm_graph graph;
    bool sendable = vvm_graph_collect(&graph, v, root_name, path);
    if (sendable) {
        tell_crossing(&graph);
        if (!may_move || !graph.tree || graph.count > VVM_GRAPH_LOCAL || vrt_account_current() != NULL)
            mark_all(&graph); /* one with a limit moves nothing, so that a send that fails leaves nothing to be charged
                                 again */
    }
    vvm_graph_drop(&graph);
    return sendable;
}

bool vvm_share(vvm_value v, const char *root_name, struct vvm_text_builder *path)
{
    return share(v, root_name, path, true);
}

bool vvm_share_for_many(vvm_value v, const char *root_name, struct vvm_text_builder *path)
{
    return share(v, root_name, path, false);
}

bool vvm_arrive_slow(vvm_value v)
{
    struct vvm_graph graph;
    struct vvm_text_builder path;
    vvm_text_init(&path);
    int64_t bytes = vvm_graph_collect(&graph, v, "", &path) ? bytes_of(&graph) : 0;
    bool fits = vrt_account_allows((size_t)bytes);
    vrt_account_add(bytes);
    vvm_graph_drop(&graph);
    vvm_text_drop(&path);
    return fits;
}
