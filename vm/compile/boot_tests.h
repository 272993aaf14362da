/* Private to vm/compile: the end of a boot function that runs tests in place of `main`. */
#ifndef VVM_BOOT_TESTS_H
#define VVM_BOOT_TESTS_H

#include "vm/compile/compiler.h"

/* The function being generated is one that a test is made of: it makes no tail calls, so that traces name the line of
 * an assertion that stands last in it. */
bool is_test_body(const struct compiler *c);

/* Declares the main module's decorated functions as tests and hooks, in their order, then runs all tests. `tests` is
 * the module system:test, evaluated already. */
void boot_tests(struct compiler *main, struct compiler *tests);

#endif
