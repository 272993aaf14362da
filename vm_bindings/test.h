/* Tests: what the module system:test says to whoever runs a file's tests, and asks it.
 *
 * `vela test` runs the tests of a file in a process of its own; the module (stdlib/modules/test.vela) knows groups and
 * hooks, its host knows which tests are wanted, where the results go and how long a test may take. A VM has a host
 * while a program that vvm_program_load_tests loaded runs. Thread: all functions are called by the main isolate's
 * runner. */
#ifndef VBN_TEST_H
#define VBN_TEST_H

#include "runtime/sync/promise.h"
#include "vm/value/object.h"

#include <stdbool.h>
#include <stddef.h>

struct vvm_test_host {
    /* Is the test to be run? Asked once for each, in their order, before the first one runs. */
    bool (*wants)(struct vvm_test_host *host, struct vvm_bytes name);
    /* "begin" name; "pass" nanoseconds; "fail" nanoseconds, message, trace; "end". Borrows the fields. */
    void (*tell)(struct vvm_test_host *host, const struct vvm_bytes *fields, size_t count);
    /* The task that runs for this promise may be cancelled, until the next call; NULL: none. Borrows. */
    void (*watch)(struct vvm_test_host *host, struct vrt_promise *task);
};

#endif
