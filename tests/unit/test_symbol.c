/* Symbols: dense ids, stable texts, and readers beside a writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "runtime/base/atomic.h"
#include "vm/value/symbol.h"

static void ids_are_dense(void **state)
{
    (void)state;
    struct vvm_symbols *symbols = vvm_symbols_create();
    assert_non_null(symbols);
    assert_int_equal(vvm_symbols_intern(symbols, "a", 1), 1);
    assert_int_equal(vvm_symbols_intern(symbols, "b", 1), 2);
    assert_int_equal(vvm_symbols_intern(symbols, "a", 1), 1);
    assert_int_equal(vvm_symbols_intern(symbols, "", 0), 3);
    assert_int_equal(vvm_symbols_count(symbols), 3);
    assert_int_equal(vvm_symbols_find(symbols, "b", 1), 2);
    assert_int_equal(vvm_symbols_find(symbols, "c", 1), VVM_NO_SYMBOL);
    assert_string_equal(vvm_symbols_text(symbols, 2), "b");
    vvm_symbols_destroy(symbols);
}

static void unknown_ids_are_empty(void **state)
{
    (void)state;
    struct vvm_symbols *symbols = vvm_symbols_create();
    assert_string_equal(vvm_symbols_text(symbols, 0), "");
    assert_string_equal(vvm_symbols_text(symbols, 1), "");
    assert_string_equal(vvm_symbols_text(symbols, UINT32_MAX), "");
    assert_int_equal(vvm_symbols_length(symbols, 7), 0);
    vvm_symbols_destroy(symbols);
    vvm_symbols_destroy(NULL);
}

static void any_bytes(void **state)
{
    (void)state;
    struct vvm_symbols *symbols = vvm_symbols_create();
    vvm_symbol one = vvm_symbols_intern(symbols, "a\0b", 3), two = vvm_symbols_intern(symbols, "a\0c", 3);
    assert_true(one != two);
    assert_int_equal(vvm_symbols_length(symbols, one), 3);
    assert_memory_equal(vvm_symbols_text(symbols, one), "a\0b", 4);
    vvm_symbols_destroy(symbols);
}

static void many_keep_their_texts(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    static const char *texts[COUNT + 1];
    char text[32];
    struct vvm_symbols *symbols = vvm_symbols_create();
    for (uint32_t i = 1; i <= COUNT; i++) {
        int length = snprintf(text, sizeof text, "name%u", i);
        assert_int_equal(vvm_symbols_intern(symbols, text, (size_t)length), i);
        texts[i] = vvm_symbols_text(symbols, i);
    }
    for (uint32_t i = 1; i <= COUNT; i++) {
        snprintf(text, sizeof text, "name%u", i);
        assert_ptr_equal(vvm_symbols_text(symbols, i), texts[i]);
        assert_string_equal(texts[i], text);
        assert_int_equal(vvm_symbols_find(symbols, text, strlen(text)), i);
    }
    vvm_symbols_destroy(symbols);
}

static void long_texts(void **state)
{
    (void)state;
    static char text[100000];
    memset(text, 'x', sizeof text);
    struct vvm_symbols *symbols = vvm_symbols_create();
    vvm_symbol symbol = vvm_symbols_intern(symbols, text, sizeof text);
    assert_int_equal(vvm_symbols_length(symbols, symbol), sizeof text);
    assert_memory_equal(vvm_symbols_text(symbols, symbol), text, sizeof text);
    vvm_symbols_destroy(symbols);
}

struct race {
    struct vvm_symbols *symbols;
    _Atomic int wrong;
};

/* All threads intern the same names and read what the others wrote. */
static void *intern_and_read(void *data)
{
    struct race *race = data;
    char text[32];
    for (uint32_t i = 0; i < 3000; i++) {
        snprintf(text, sizeof text, "n%u", i);
        vvm_symbol symbol = vvm_symbols_intern(race->symbols, text, strlen(text));
        bool same = strcmp(vvm_symbols_text(race->symbols, symbol), text) == 0;
        const char *newest = vvm_symbols_text(race->symbols, vvm_symbols_count(race->symbols));
        if (!same || newest[0] != 'n')
            vrt_atomic_add_relaxed(&race->wrong, 1); /* relaxed: read after the join */
    }
    return NULL;
}

static void readers_beside_writers(void **state)
{
    (void)state;
    struct race race = {.symbols = vvm_symbols_create()};
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, intern_and_read, &race), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(vrt_atomic_load_relaxed(&race.wrong), 0);
    assert_int_equal(vvm_symbols_count(race.symbols), 3000);
    vvm_symbols_destroy(race.symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_dense),
        cmocka_unit_test(unknown_ids_are_empty),
        cmocka_unit_test(any_bytes),
        cmocka_unit_test(many_keep_their_texts),
        cmocka_unit_test(long_texts),
        cmocka_unit_test(readers_beside_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
