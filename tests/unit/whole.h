/* Equality of values of any size, for unit tests. */
#ifndef TESTS_UNIT_WHOLE_H
#define TESTS_UNIT_WHOLE_H

#include "vm/value/object.h"

/* However many portions it takes. */
static inline enum vvm_truth equal_whole(vvm_value a, vvm_value b)
{
    enum vvm_truth truth = vvm_equal(a, b);
    if (truth != VVM_NEEDS_CALL)
        return truth;
    struct vvm_walk *walk = vvm_walk_new();
    while ((truth = vvm_equal_on(walk, a, b)) == VVM_MORE) {
    }
    vvm_walk_free(walk);
    return truth;
}

#endif
