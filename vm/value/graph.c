#include "vm/value/graph.h"
#include "vm/value/hooks.h"

#include <string.h>

#define VISITED VVM_FLAG_COLLECTOR
#define PATH_MAX_SEGMENTS 64u
#define WORK_OF_NODE 8u /* met twice, and likely to miss the cache */

/* ---- Growing ---- */

static bool graph_grow(struct vvm_graph *graph)
{
    size_t capacity = graph->capacity * 2;
    if (capacity > UINT32_MAX)
        return false;
    bool local = graph->nodes == graph->local;
    size_t before = graph->capacity * sizeof(struct vvm_graph_node), after = capacity * sizeof(struct vvm_graph_node);
    struct vvm_graph_node *nodes = vrt_realloc(local ? NULL : graph->nodes, local ? 0 : before, after);
    if (nodes == NULL)
        return false;
    if (local)
        memcpy(nodes, graph->local, graph->count * sizeof *nodes);
    graph->nodes = nodes;
    graph->capacity = capacity;
    return true;
}

static bool graph_add(struct vvm_graph *graph, struct vvm_object *object, uint32_t parent, size_t child)
{
    if (child > UINT32_MAX || (graph->count == graph->capacity && !graph_grow(graph)))
        return false;
    graph->nodes[graph->count++] = (struct vvm_graph_node){object, parent, (uint32_t)child};
    return true;
}

void vvm_graph_drop(struct vvm_graph *graph)
{
    if (graph->count > VVM_GRAPH_LOCAL)
        vrt_thread_cache.work += (uint32_t)graph->count * WORK_OF_NODE;
    for (size_t i = 0; i < graph->count; i++) {
        if (vvm_count_of(graph->nodes[i].object) > 1)
            vvm_flags_remove(graph->nodes[i].object, VISITED);
    }
    if (graph->nodes != graph->local)
        vrt_free(graph->nodes, graph->capacity * sizeof *graph->nodes);
}

/* ---- The path to what may not cross ---- */

static const char *name_of(vvm_symbol symbol)
{
    return vvm_symbol_name != NULL ? vvm_symbol_name(symbol) : "?";
}

static vvm_value node_value(const struct vvm_graph *graph, size_t node)
{
    const struct vvm_graph_node *n = &graph->nodes[node];
    if (node == 0)
        return graph->root;
    struct vvm_children children = vvm_children_of(graph->nodes[n->parent].object);
    return vvm_children_at(&children, n->child);
}

static void add_capture(vvm_value closure, size_t slot, struct vvm_text_builder *path)
{
    const char *name = vvm_capture_name != NULL ? vvm_capture_name(vvm_tag_id(closure), (uint32_t)slot) : NULL;
    if (name != NULL)
        vvm_text_add_format(path, ": captured variable %s", name);
    else
        vvm_text_add_format(path, ": captured variable %zu", slot);
}

static void add_field(const struct vvm_field *fields, size_t field, struct vvm_text_builder *path)
{
    if (fields != NULL && fields[field].name != VVM_NO_SYMBOL)
        vvm_text_add_format(path, ".%s", name_of(fields[field].name));
    else
        vvm_text_add_format(path, ".%zu", field);
}

static void add_entry(const struct vvm_dict *dict, size_t child, struct vvm_text_builder *path)
{
    if (child % 2 == 0) {
        vvm_text_add_c(path, dict->header.kind == VVM_SET ? ": member" : ": key");
        return;
    }
    vvm_text_add(path, "[", 1);
    vvm_text(dict->entries[child / 2].key, true, path);
    vvm_text_add(path, "]", 1);
}

static size_t element_number(const struct vvm_graph *graph, const struct vvm_graph_node *buffer, size_t child)
{
    return child - ((const struct vvm_list *)graph->nodes[buffer->parent].object)->offset;
}

static void add_segment(const struct vvm_graph *graph, size_t parent, size_t child, struct vvm_text_builder *path)
{
    const struct vvm_graph_node *node = &graph->nodes[parent];
    vvm_value v = node_value(graph, parent);
    switch ((enum vvm_kind)node->object->kind) {
    case VVM_BUFFER: vvm_text_add_format(path, "[%zu]", element_number(graph, node, child)); break;
    case VVM_TUPLE: vvm_text_add_format(path, ".%zu", child); break;
    case VVM_DICT:
    case VVM_SET: add_entry(v.object, child, path); break;
    case VVM_STRUCT:
    case VVM_INSTANCE: add_field(vvm_own_type(v)->fields, child, path); break;
    case VVM_ENUM: add_field(vvm_own_type(v)->variants[vvm_tag_id(v)].fields, child, path); break;
    case VVM_ENV: add_capture(v, child, path); break;
    case VVM_BOUND: vvm_text_add_c(path, child == 0 ? ": receiver" : ": method"); break;
    default: break;
    }
}

static void add_state_field(const struct vvm_type *type, struct vvm_text_builder *path)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (type->fields[i].is_state) {
            vvm_text_add_format(path, ".%s: state field", name_of(type->fields[i].name));
            return;
        }
    }
    vvm_text_add_format(path, ": %s has state fields", vvm_type_name(type));
}

static void add_reason(const struct vvm_object *object, struct vvm_text_builder *path)
{
    if (object->kind == VVM_HANDLE) {
        vvm_text_add_format(path, ": %s", vvm_type_name(((const struct vvm_handle *)object)->type));
    } else if (object->kind == VVM_INSTANCE) {
        const struct vvm_record *record = (const struct vvm_record *)object;
        if (record->type->has_state)
            add_state_field(record->type, path);
        else if (vvm_flags_of(object) & VVM_FLAG_UNFINISHED)
            vvm_text_add_c(path, ": under construction");
        else
            vvm_text_add_c(path, ": this escaped from its constructor");
    } else {
        vvm_text_add_c(path, ": state variable");
    }
}

/* Writes root_name and the way down to child `child` of node `parent`; of a deeper way the lowest part. */
static void add_path(const struct vvm_graph *graph, const char *root_name, size_t parent, size_t child,
                     struct vvm_text_builder *path)
{
    struct { size_t parent, child; } way[PATH_MAX_SEGMENTS];
    size_t count = 0;
    way[count].parent = parent;
    way[count++].child = child;
    for (; parent != 0 && count < PATH_MAX_SEGMENTS; parent = graph->nodes[parent].parent) {
        way[count].parent = graph->nodes[parent].parent;
        way[count++].child = graph->nodes[parent].child;
    }
    vvm_text_add_c(path, root_name);
    if (parent != 0)
        vvm_text_add_c(path, "…");
    while (count-- > 0)
        add_segment(graph, way[count].parent, way[count].child, path);
}

/* ---- The walk ---- */

static bool may_cross(const struct vvm_object *object)
{
    switch ((enum vvm_kind)object->kind) {
    case VVM_CELL: return false;
    case VVM_INSTANCE: return !vvm_has_identity((const struct vvm_record *)object);
    case VVM_HANDLE: return ((const struct vvm_handle *)object)->ops->sendable;
    default: return true;
    }
}

enum met { MET_NEW, MET_KNOWN, MET_BARRED };

/* What is to be done with an object: collected, passed by, or refused. */
static enum met meet(struct vvm_graph *graph, struct vvm_object *object)
{
    int32_t count = vvm_count_of(object);
    if (!may_cross(object))
        return MET_BARRED;
    if (count <= 0)
        return MET_KNOWN;
    if (count > 1) {
        graph->tree = false;
        if (vvm_flags_of(object) & VISITED)
            return MET_KNOWN;
    }
    return MET_NEW;
}

static bool collect_object(struct vvm_graph *graph, struct vvm_object *object, size_t parent, size_t child,
                           struct vvm_text_builder *path)
{
    if (!graph_add(graph, object, (uint32_t)parent, child)) {
        path->failed = true;
        return false;
    }
    if (vvm_count_of(object) > 1)
        vvm_flags_add(object, VISITED);
    return true;
}

static bool collect_children(struct vvm_graph *graph, size_t node, const char *root_name, struct vvm_text_builder *path)
{
    struct vvm_children children = vvm_children_of(graph->nodes[node].object);
    for (size_t i = 0; i < children.count; i++) {
        vvm_value child = vvm_children_at(&children, i);
        enum met met = vvm_is_heap(child) ? meet(graph, child.object) : MET_KNOWN;
        if (met == MET_NEW && !collect_object(graph, child.object, node, i, path))
            return false;
        if (met == MET_BARRED) {
            add_path(graph, root_name, node, i, path);
            add_reason(child.object, path);
            return false;
        }
    }
    return true;
}

bool vvm_graph_collect(struct vvm_graph *graph, vvm_value v, const char *root_name, struct vvm_text_builder *path)
{
    graph->nodes = graph->local;
    graph->count = 0;
    graph->capacity = VVM_GRAPH_LOCAL;
    graph->tree = true;
    graph->root = v;
    enum met met = vvm_is_heap(v) ? meet(graph, v.object) : MET_KNOWN;
    if (met == MET_BARRED) {
        vvm_text_add_c(path, root_name);
        add_reason(v.object, path);
    }
    if (met != MET_NEW)
        return met == MET_KNOWN;
    if (!collect_object(graph, v.object, 0, 0, path))
        return false;
    for (size_t i = 0; i < graph->count; i++) {
        if (!collect_children(graph, i, root_name, path))
            return false;
    }
    return true;
}
