/* Every status has a phrase of its own. */
#include "runtime/base/status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void every_status_has_its_own_text(void **state)
{
    (void)state;
    const char *unknown = vrt_status_text((enum vrt_status)(VRT_SYSTEM + 1));
    for (int a = VRT_OK; a <= VRT_SYSTEM; a++) {
        const char *text = vrt_status_text((enum vrt_status)a);
        assert_true(strlen(text) > 0);
        assert_string_not_equal(text, unknown);
        for (int b = VRT_OK; b < a; b++) {
            assert_string_not_equal(text, vrt_status_text((enum vrt_status)b));
        }
    }
}

static void success_is_zero(void **state)
{
    (void)state;
    assert_int_equal(VRT_OK, 0);
    assert_string_equal(vrt_status_text(0), "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_its_own_text),
        cmocka_unit_test(success_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
