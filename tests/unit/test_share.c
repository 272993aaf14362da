#include "tests/unit/values.h"
#include "vm/value/object.h"

static int crossings, destroyed;
static void count_crossing(struct vvm_handle *handle) { (void)handle; crossings++; }
static void count_destroy(struct vvm_handle *handle) { (void)handle; destroyed++; }

static const struct vvm_handle_ops sender_ops = {.destroy = count_destroy, .sendable = true, .crossing = count_crossing};
static const struct vvm_handle_ops file_ops = {.destroy = count_destroy};

static int32_t count_of(vvm_value v)
{
    return ((struct vvm_object *)v.object)->count;
}

static void assert_sends(vvm_value v)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    assert_true(vvm_share(v, "arg", &path));
    assert_int_equal(path.length, 0);
}

/* Refuses the owned value and says where. */
static void assert_stays(vvm_value owned, const char *expected)
{
    struct vvm_text_builder path;
    vvm_text_init(&path);
    assert_false(vvm_share(owned, "arg", &path));
    vvm_text_add(&path, "", 1);
    assert_string_equal(path.data, expected);
    vvm_text_drop(&path);
    vvm_release(owned);
}

static void a_small_graph_of_ones_own_is_moved(void **state)
{
    (void)state;
    vvm_value v = list_of(2, text("a long text here"), list_of(1, text("another long text")));
    assert_sends(v);
    assert_int_equal(count_of(v), 1);
    assert_int_equal(count_of(vvm_list_get(v, 1)), 1);
    vvm_release(v);
}

static void a_small_graph_for_many_is_marked(void **state)
{
    (void)state;
    struct vvm_text_builder path;
    vvm_text_init(&path);
    vvm_value v = list_of(2, text("a long text here"), list_of(1, text("another long text")));
    assert_true(vvm_share_for_many(v, "result", &path));
    assert_int_equal(count_of(v), -1);
    assert_int_equal(count_of(vvm_list_get(v, 0)), -1);
    assert_int_equal(count_of(vvm_list_get(v, 1)), -1);
    vvm_release(v);
}

static void what_others_hold_is_marked_once(void **state)
{
    (void)state;
    vvm_value inner = text("a long text here"), v = list_of(2, vvm_retain(inner), vvm_number(1));
    assert_sends(v);
    assert_int_equal(count_of(v), -1);
    assert_int_equal(count_of(inner), -2);
    assert_true(vvm_is_unique(v.object)); /* un-shares the one object */
    assert_int_equal(count_of(v), 1);
    assert_int_equal(count_of(inner), -2);
    vvm_release(v);
    assert_int_equal(count_of(inner), -1);
    vvm_release(inner);
}

static void a_large_graph_is_marked(void **state)
{
    (void)state;
    vvm_value v = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int i = 0; i < 100; i++)
        v = vvm_list_append(v, vvm_string_format("string number %d", i));
    assert_sends(v);
    assert_int_equal(count_of(v), -1);
    assert_int_equal(count_of(vvm_list_get(v, 99)), -1);
    v = vvm_list_append(v, vvm_number(1));
    assert_int_equal(vvm_list_length(v), 101);
    vvm_release(v);
}

static void a_packed_list_costs_two_marks(void **state)
{
    (void)state;
    vvm_value v = vvm_list_new(100000, VVM_ELEMENTS_NUMBER);
    for (int i = 0; i < 100000; i++)
        v = vvm_list_append_fast(v, vvm_number(i));
    assert_sends(v);
    assert_int_equal(count_of(v), 1);
    vvm_value kept = vvm_retain(v);
    assert_sends(v);
    assert_int_equal(count_of(v), -2);
    assert_int_equal(((struct vvm_list *)v.object)->buffer->header.count, -1);
    vvm_release(v);
    vvm_release(kept);
}

static void state_does_not_cross(void **state)
{
    (void)state;
    assert_stays(vvm_cell_new(vvm_number(1)), "arg: state variable");
    vvm_value node = instance_of(&node_type, vvm_number(1), vvm_number(2));
    vvm_value items = list_of(4, vvm_number(0), text("b"), text("c"), node);
    assert_stays(vvm_struct_from(&point_type, (vvm_value[]){vvm_number(1), items}), "arg.y[3].cache: state field");
    node = instance_of(&node_type, vvm_number(1), vvm_number(2));
    assert_stays(dict_put(vvm_dict_new(VVM_DICT, 0), text("k"), vvm_some(vvm_ok(pair_of(vvm_number(1), node)))), "arg[\"k\"].1.cache: state field");
    struct vvm_env *env = vvm_env_new((vvm_value[]){vvm_cell_new(vvm_number(1))}, 1);
    assert_stays((vvm_value){.tag = VVM_TAG_ID(VVM_CLOSURE, 7), .object = env}, "arg: captured variable n: state variable");
    assert_stays(vvm_handle_new(&file_type, &file_ops, NULL), "arg: Log");
    assert_stays(list_of(1, vvm_instance_new(&pair_type)), "arg[0]: under construction");
    vvm_value escaped = vvm_instance_new(&pair_type), holder = vvm_retain(escaped);
    vvm_instance_finish(escaped);
    assert_stays(escaped, "arg: this escaped from its constructor");
    vvm_release(holder);
}

static void a_refused_graph_is_as_before(void **state)
{
    (void)state;
    vvm_value twice = text("held by two parts"), file = vvm_handle_new(&file_type, &file_ops, NULL);
    vvm_value v = list_of(3, vvm_retain(twice), twice, file);
    struct vvm_text_builder path;
    vvm_text_init(&path);
    assert_false(vvm_share(v, "arg", &path));
    vvm_text_drop(&path);
    assert_int_equal(count_of(v), 1);
    assert_int_equal(count_of(twice), 2);
    assert_int_equal(((struct vvm_object *)twice.object)->flags, 0);
    vvm_release(v);
}

static void handles_are_told(void **state)
{
    (void)state;
    vvm_value sender = vvm_handle_new(&file_type, &sender_ops, NULL), v = list_of(2, vvm_retain(sender), vvm_number(1));
    crossings = 0;
    assert_sends(v);
    assert_int_equal(crossings, 1);
    assert_int_equal(count_of(sender), -2);
    vvm_release(v);
    vvm_release(sender);
}

static void deep_graphs_cross(void **state)
{
    (void)state;
    vvm_value v = text("the innermost text");
    for (int i = 0; i < 100000; i++)
        v = vvm_some(pair_of(v, vvm_number(i)));
    assert_sends(v);
    vvm_release(v);
    vvm_value node = instance_of(&node_type, vvm_number(1), vvm_number(2));
    for (int i = 0; i < 1000; i++)
        node = pair_of(node, vvm_number(i));
    struct vvm_text_builder path;
    vvm_text_init(&path);
    assert_false(vvm_share(node, "arg", &path));
    assert_true(path.length < 300);
    vvm_text_drop(&path);
    vvm_release(node);
}

static void random_graphs_shared_and_released_leave_nothing(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        vvm_value v = random_value(4);
        vvm_value part = vvm_kind(v) == VVM_LIST && vvm_layer(v) == 0 && vvm_list_length(v) > 0 ? vvm_retain(vvm_list_get(v, 0)) : vvm_void();
        assert_sends(v);
        vvm_value again = list_of(2, vvm_retain(v), part);
        assert_sends(again);
        vvm_release(v);
        vvm_release(again);
    }
}

static void without_memory_nothing_is_marked(void **state)
{
    (void)state;
    vvm_value v = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int i = 0; i < 100; i++)
        v = vvm_list_append(v, vvm_string_format("string number %d", i));
    struct vvm_text_builder path;
    vvm_text_init(&path);
    vrt_alloc_fail_in(1);
    bool sent = vvm_share(v, "arg", &path);
    vrt_alloc_fail_in(0);
    assert_int_equal(sent, !path.failed);
    assert_int_equal(count_of(v), sent ? -1 : 1);
    vvm_text_drop(&path);
    vvm_release(v);
}

static void immortals_are_freed_by_destroy(void **state)
{
    (void)state;
    struct vvm_immortals *list = vvm_immortals_create();
    struct vvm_text_builder path;
    vvm_text_init(&path);
    vvm_value handle = vvm_handle_new(&file_type, &sender_ops, NULL);
    vvm_value v = list_of(3, text("a long text here"), vvm_retain(handle), vvm_number(1));
    vvm_value shared = text("shared before it is bound"), kept = vvm_retain(shared);
    assert_sends(shared);
    assert_true(vvm_make_immortal(v, list, &path));
    assert_true(vvm_make_immortal(handle, list, &path));
    assert_true(vvm_make_immortal(shared, list, &path));
    assert_true(vvm_make_immortal(v, list, &path));
    assert_int_equal(count_of(v), 0);
    assert_int_equal(count_of(handle), -2);
    vvm_release(v);
    assert_same_text(vvm_list_get(v, 0), "a long text here");
    vvm_release(kept);
    for (int i = 0; i < 50; i++)
        assert_true(vvm_make_immortal(list_of(2, random_value(3), vvm_number(i)), list, &path));
    destroyed = 0;
    vvm_immortals_destroy(list);
    assert_int_equal(destroyed, 1);
}

static void what_is_refused_is_not_frozen(void **state)
{
    (void)state;
    struct vvm_immortals *list = vvm_immortals_create();
    struct vvm_text_builder path;
    vvm_text_init(&path);
    vvm_value v = list_of(1, instance_of(&node_type, vvm_number(1), vvm_number(2)));
    assert_false(vvm_make_immortal(v, list, &path));
    vvm_text_add(&path, "", 1);
    assert_string_equal(path.data, "[0].cache: state field");
    vvm_text_drop(&path);
    vvm_release(v);
    vvm_immortals_destroy(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_small_graph_of_ones_own_is_moved), KIT_TEST(a_small_graph_for_many_is_marked),
        KIT_TEST(what_others_hold_is_marked_once),
        KIT_TEST(a_large_graph_is_marked), KIT_TEST(a_packed_list_costs_two_marks), KIT_TEST(state_does_not_cross),
        KIT_TEST(a_refused_graph_is_as_before), KIT_TEST(handles_are_told), KIT_TEST(deep_graphs_cross),
        KIT_TEST(random_graphs_shared_and_released_leave_nothing), KIT_TEST(without_memory_nothing_is_marked),
        KIT_TEST(immortals_are_freed_by_destroy), KIT_TEST(what_is_refused_is_not_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
