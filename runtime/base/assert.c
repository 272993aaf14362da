#include "runtime/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void vrt_assert_failed(const char *expression, const char *file, int line)
{
    fprintf(stderr, "vela: internal error: %s (%s:%d)\n", expression, file, line);
    abort();
}
