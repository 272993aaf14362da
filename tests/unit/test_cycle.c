#include "tests/unit/values.h"
#include "vm/value/object.h"

static struct vvm_cycles *cycles;

static int begin(void **state)
{
    kit_begin(state);
    cycles = vvm_cycles_create();
    vvm_cycles_enter(cycles);
    return 0;
}

static int end(void **state)
{
    vvm_cycles_destroy(cycles);
    return kit_end(state);
}

static vvm_value node(void)
{
    return instance_of(&node_type, vvm_void(), vvm_void());
}

/* Sets the state field; consumes `to`. */
static void point(vvm_value node, vvm_value to)
{
    struct vvm_record *record = node.object;
    vvm_value old = record->fields[1];
    record->fields[1] = to;
    vvm_release(old);
}

static void collect_all(void)
{
    vvm_cycles_collect(cycles, SIZE_MAX);
}

static int64_t out(void)
{
    return vrt_thread_cache.delta;
}

static void a_dead_ring_is_freed_at_the_end(void **state)
{
    (void)state;
    vvm_value a = node(), b = node();
    point(a, list_of(1, vvm_retain(b)));
    point(b, vvm_some(vvm_retain(a)));
    vvm_release(a);
    vvm_release(b);
}

static void what_is_held_from_outside_stays(void **state)
{
    (void)state;
    vvm_value a = node(), b = node();
    point(a, vvm_retain(b));
    point(b, vvm_retain(a));
    vvm_release(b);
    collect_all();
    assert_int_equal(((struct vvm_object *)a.object)->count, 2);
    assert_ptr_equal(((struct vvm_record *)a.object)->fields[1].object, b.object);
    vvm_release(a);
    int64_t before = out();
    collect_all();
    assert_true(out() < before);
}

static void a_closure_in_its_own_cell_is_freed(void **state)
{
    (void)state;
    vvm_value cell = vvm_cell_new(vvm_void());
    struct vvm_env *env = vvm_env_new((vvm_value[]){vvm_retain(cell), text("a long text here")}, 2);
    vvm_value closure = {.tag = VVM_TAG_ID(VVM_CLOSURE, 7), .object = env};
    ((struct vvm_cell *)cell.object)->value = vvm_retain(closure);
    vvm_release(cell);
    vvm_release(closure);
}

static int destroyed;
static void count_destroy(struct vvm_handle *handle) { (void)handle; destroyed++; }
static const struct vvm_handle_ops ops = {.destroy = count_destroy, .sendable = true};

static void garbage_releases_what_is_shared_and_live(void **state)
{
    (void)state;
    struct vvm_text_builder path;
    vvm_text_init(&path);
    vvm_value shared = list_of(1, text("a long text here")), live = text("a live long text"), a = node();
    vvm_value kept = vvm_retain(shared);
    assert_true(vvm_share(shared, "v", &path));
    vvm_value all = dict_put(vvm_dict_new(VVM_DICT, 0), vvm_number(1), shared);
    all = dict_put(all, vvm_number(2), vvm_retain(live));
    all = dict_put(all, vvm_number(3), vvm_retain(a));
    all = dict_put(all, vvm_number(4), vvm_handle_new(&file_type, &ops, NULL));
    point(a, all);
    destroyed = 0;
    vvm_release(a);
    collect_all();
    assert_int_equal(destroyed, 1);
    assert_int_equal(((struct vvm_object *)kept.object)->count, -1);
    assert_int_equal(((struct vvm_object *)live.object)->count, 1);
    vvm_release(kept);
    vvm_release(live);
}

static void an_object_that_dies_in_the_buffer_waits_for_the_collector(void **state)
{
    (void)state;
    vvm_value a = node();
    vvm_release(vvm_retain(a)); /* decremented to one: a possible root */
    vvm_release(a);
    collect_all();
    assert_int_equal(vvm_cycles_due(cycles), false);
}

static void it_is_due_when_the_buffer_has_doubled(void **state)
{
    (void)state;
    enum { N = 3000 };
    static vvm_value held[N];
    for (size_t i = 0; i < N; i++) {
        held[i] = node();
        vvm_release(vvm_retain(held[i]));
    }
    assert_true(vvm_cycles_due(cycles));
    int slices = 0;
    while (vvm_cycles_due(cycles)) {
        vvm_cycles_collect(cycles, 1000);
        slices++;
    }
    assert_int_equal(slices, 3);
    for (size_t i = 0; i < N; i++)
        vvm_release(held[i]);
}

/* A random mutable graph with some nodes held from outside: what is reachable lives, the rest goes. */
enum { NODES = 40 };
static vvm_value nodes[NODES];
static int edge[NODES][2]; /* -1 none */

static void set_edges(size_t n)
{
    struct vvm_record *record = nodes[n].object;
    for (int k = 0; k < 2; k++) {
        edge[n][k] = (int)kit_random(NODES + 10);
        if (edge[n][k] >= NODES || vvm_is_unset(nodes[edge[n][k]]))
            edge[n][k] = -1;
        vvm_value to = edge[n][k] < 0 ? vvm_void() : vvm_retain(nodes[edge[n][k]]);
        vvm_value old = record->fields[k];
        record->fields[k] = kit_random(2) && edge[n][k] >= 0 ? list_of(2, to, vvm_number(1)) : to;
        vvm_release(old);
    }
}

static size_t reachable(const bool *held)
{
    bool seen[NODES];
    memcpy(seen, held, sizeof seen);
    size_t count = 0;
    for (int round = 0; round < NODES; round++) {
        for (size_t n = 0; n < NODES; n++) {
            for (int k = 0; seen[n] && k < 2; k++) {
                if (edge[n][k] >= 0)
                    seen[edge[n][k]] = true;
            }
        }
    }
    for (size_t n = 0; n < NODES; n++)
        count += seen[n];
    return count;
}

static int nodes_alive;
static void node_gone(struct vvm_handle *handle) { (void)handle; nodes_alive--; }
static const struct vvm_handle_ops node_ops = {.destroy = node_gone};
static struct vvm_field three_fields[] = {{.name = SYM_X, .is_state = true}, {.name = SYM_Y, .is_state = true}, {.name = SYM_ITEMS}};
static struct vvm_type three_type = {.id = KIT_FREE(9), .kind = VVM_TYPE_CLASS, .name = SYM_NODE, .field_count = 3,
                                     .fields = three_fields, .has_state = true};

static void random_graph(size_t budget)
{
    bool held[NODES];
    nodes_alive = 0;
    for (size_t n = 0; n < NODES; n++) {
        nodes[n] = vvm_instance_new(&three_type);
        vvm_instance_finish(nodes[n]);
        ((struct vvm_record *)nodes[n].object)->fields[2] = vvm_handle_new(&file_type, &node_ops, NULL);
        nodes_alive++;
    }
    for (size_t n = 0; n < NODES; n++)
        set_edges(n);
    for (size_t n = 0; n < NODES; n++) {
        held[n] = kit_random(8) == 0;
        if (!held[n])
            vvm_release(nodes[n]);
    }
    for (int i = 0; i < 30; i++)
        vvm_cycles_collect(cycles, budget);
    assert_int_equal(nodes_alive, reachable(held));
    for (size_t n = 0; n < NODES; n++) {
        if (held[n])
            vvm_release(nodes[n]);
    }
    for (int i = 0; i < 30; i++)
        vvm_cycles_collect(cycles, budget);
    assert_int_equal(nodes_alive, 0);
}

static void random_graphs_lose_exactly_what_is_unreachable(void **state)
{
    (void)state;
    for (int round = 0; round < 400; round++)
        random_graph(round % 2 ? SIZE_MAX : 7);
}

static void without_memory_all_counts_come_back(void **state)
{
    (void)state;
    for (uint32_t n = 1; n < 8; n++) {
        vvm_value a = node(), chain = vvm_retain(a);
        for (int i = 0; i < 300; i++)
            chain = list_of(2, chain, vvm_void());
        point(a, chain);
        vvm_value outside = vvm_retain(a);
        vvm_release(a);
        vrt_alloc_fail_in(n);
        vvm_cycles_collect(cycles, 10);
        vrt_alloc_fail_in(0);
        assert_int_equal(((struct vvm_object *)a.object)->count, 2);
        assert_int_equal(((struct vvm_object *)a.object)->flags & (VVM_FLAG_COLLECTOR | VVM_FLAG_COLLECTOR2), 0);
        vvm_release(outside);
        for (int i = 0; i < 4; i++)
            vvm_cycles_collect(cycles, 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_dead_ring_is_freed_at_the_end, begin, end),
        cmocka_unit_test_setup_teardown(what_is_held_from_outside_stays, begin, end),
        cmocka_unit_test_setup_teardown(a_closure_in_its_own_cell_is_freed, begin, end),
        cmocka_unit_test_setup_teardown(garbage_releases_what_is_shared_and_live, begin, end),
        cmocka_unit_test_setup_teardown(an_object_that_dies_in_the_buffer_waits_for_the_collector, begin, end),
        cmocka_unit_test_setup_teardown(it_is_due_when_the_buffer_has_doubled, begin, end),
        cmocka_unit_test_setup_teardown(random_graphs_lose_exactly_what_is_unreachable, begin, end),
        cmocka_unit_test_setup_teardown(without_memory_all_counts_come_back, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
