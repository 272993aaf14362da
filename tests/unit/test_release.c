#include "tests/unit/values.h"
#include "vm/value/object.h"

#include <pthread.h>

static int destroyed;

static void destroy_holder(struct vvm_handle *handle)
{
    destroyed++;
    if (handle->native != NULL)
        vvm_object_release(handle->native);
}

static const struct vvm_handle_ops holder_ops = {.destroy = destroy_holder, .sendable = true};

static void a_long_chain_is_freed_without_recursion(void **state)
{
    (void)state;
    vvm_value v = vvm_none();
    for (int i = 0; i < 500000; i++)
        v = vvm_some(list_of(2, vvm_number(i), v));
    vvm_release(v);
    for (int i = 0; i < 300000; i++)
        v = i == 0 ? text("the innermost text") : vvm_struct_from(&point_type, (vvm_value[]){v, vvm_number(i)});
    vvm_release(v);
}

/* Each handle holds a list that holds the next handle: destroy releases values while a release is running. */
static void a_chain_through_handles_is_freed_without_recursion(void **state)
{
    (void)state;
    enum { N = 200000 };
    vvm_value v = vvm_handle_new(&file_type, &holder_ops, NULL);
    for (int i = 1; i < N; i++)
        v = vvm_handle_new(&file_type, &holder_ops, list_of(1, v).object);
    destroyed = 0;
    vvm_release(v);
    assert_int_equal(destroyed, N);
}

static void random_values_leave_nothing_behind(void **state)
{
    (void)state;
    vvm_value held[200];
    for (size_t i = 0; i < 200; i++)
        held[i] = vvm_void();
    for (int round = 0; round < 20000; round++) {
        size_t at = kit_random(200), from = kit_random(200);
        vvm_release(held[at]);
        held[at] = vvm_void();
        held[at] = kit_random(3) ? random_value(kit_random(4)) : vvm_retain(held[from]);
        if (kit_random(4) == 0)
            held[at] = list_of(2, held[at], vvm_retain(held[from == at ? (at + 1) % 200 : from]));
        if (kit_random(64) == 0) { /* so that chains of lists do not grow for ever */
            vvm_release(held[from]);
            held[from] = vvm_void();
        }
    }
    for (size_t i = 0; i < 200; i++)
        vvm_release(held[i]);
}

static void counts_saturate(void **state)
{
    (void)state;
    vvm_value v = text("a text that is held often"), w = text("a text that others hold");
    struct vvm_object *own = v.object, *shared = w.object;
    own->count = VVM_COUNT_SATURATED - 1;
    vvm_retain(v);
    vvm_retain(v);
    assert_int_equal(own->count, 0);
    vvm_release(v);
    assert_int_equal(own->count, 0);
    shared->count = -VVM_COUNT_SATURATED;
    vvm_release(w);
    assert_int_equal(shared->count, -VVM_COUNT_SATURATED);
    shared->count = -VVM_COUNT_SATURATED / 2 * 3;
    vvm_retain(w);
    assert_int_equal(shared->count, -VVM_COUNT_SATURATED / 2 * 3);
    own->count = 1;
    shared->count = -1;
    vvm_release(v);
    vvm_release(w);
}

static vvm_value shared_value;

static void *retain_and_release(void *unused)
{
    (void)unused;
    for (int i = 0; i < 100000; i++) {
        vvm_value kept = vvm_retain(shared_value);
        vvm_release(kept);
    }
    vvm_release(shared_value);
    return NULL;
}

static void shared_counts_balance_across_threads(void **state)
{
    (void)state;
    struct vvm_text_builder path;
    vvm_text_init(&path);
    shared_value = list_of(2, text("a long text here"), vvm_number(1));
    vvm_value other = vvm_retain(shared_value); /* not alone: marked, not moved */
    assert_true(vvm_share(shared_value, "v", &path));
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++) {
        vvm_retain(shared_value);
        pthread_create(&threads[i], NULL, retain_and_release, NULL);
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(((struct vvm_object *)other.object)->count, -2);
    vvm_release(other);
    assert_true(vvm_is_unique(shared_value.object));
    vvm_release(shared_value);
}

static vvm_value holder(void) { return vvm_handle_new(&file_type, &holder_ops, NULL); }

/* What dies while a huge value is on its way goes at once. */
static void a_huge_value_goes_in_portions(void **state)
{
    (void)state;
    enum { N = 5 * VVM_RELEASE_PORTION };
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE), dict = vvm_dict_new(VVM_DICT, 0);
    for (int i = 0; i < N; i++) {
        list = vvm_list_append(list, holder());
        dict = vvm_dict_set(dict, vvm_number(i), vvm_hash_word((uint64_t)i), holder());
    }
    destroyed = 0;
    vvm_release_defer(NULL);
    vvm_release(list_of(2, list, dict));
    assert_in_range(destroyed, 0, VVM_RELEASE_PORTION);
    int before = destroyed, rounds = 0;
    vvm_release(list_of(1, holder()));
    assert_int_equal(destroyed, before + 1);
    for (before = destroyed; vvm_release_some(); before = destroyed, rounds++)
        assert_in_range(destroyed - before, 0, VVM_RELEASE_PORTION);
    assert_int_equal(destroyed, 2 * N + 1);
    assert_in_range(rounds, 8, 100);
    assert_null(vvm_release_end_defer());
}

/* Left over by one thread, released by another one, or at once. */
static void what_is_left_is_handed_on(void **state)
{
    (void)state;
    enum { N = 3 * VVM_RELEASE_PORTION };
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (int i = 0; i < N; i++)
        list = vvm_list_append(list, holder());
    destroyed = 0;
    vvm_release_defer(NULL);
    vvm_release(list);
    struct vvm_object *rest = vvm_release_end_defer();
    vvm_release(list_of(1, holder()));
    vvm_release_defer(rest);
    assert_true(vvm_release_some());
    vvm_release_rest(vvm_release_end_defer());
    assert_int_equal(destroyed, N + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_long_chain_is_freed_without_recursion), KIT_TEST(a_chain_through_handles_is_freed_without_recursion),
        KIT_TEST(random_values_leave_nothing_behind), KIT_TEST(counts_saturate),
        KIT_TEST(shared_counts_balance_across_threads), KIT_TEST(a_huge_value_goes_in_portions),
        KIT_TEST(what_is_left_is_handed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
