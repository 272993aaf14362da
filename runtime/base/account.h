/* The account: a limit on what one isolate takes from the allocator.
 *
 * The allocator adds up per thread what is taken and given; whoever turns the thread to an isolate turns it to that
 * isolate's account, or to none. Where an allocation leaves the free lists, for a batch or a large block, what has been
 * taken is compared with the limit: so an account may be over it by what the thread's lists hold, and the fast path
 * knows nothing of it. A refused allocation fails like one without memory; `refused` tells the two apart.
 *
 *             open_reserve: the owner has been told
 *   CLOSED ------------------------------------------> OPEN: more is refused only above limit + reserve
 *      ^                                                 |
 *      +--- looked at while the reserve is free again ---+
 *
 * What belongs to no isolate (promises, channels, messages on their way) is charged to nobody: the `_common` twins, or
 * a switch to no account around it. All bytes are those of size classes. Owner only: the thread that runs the isolate.
 * Cost: none without an account; with one some instructions per batch. */
#ifndef VRT_BASE_ACCOUNT_H
#define VRT_BASE_ACCOUNT_H

#include "runtime/base/alloc.h"

struct vrt_account {
    int64_t used;    /* taken minus given, until the thread last turned to it or from it */
    int64_t limit;
    int64_t reserve; /* what may be taken above the limit to clear up after a refusal */
    int64_t ceiling; /* more than this is refused */
    /* of the last allocation that was looked at */
    int64_t found;   /* what had been taken */
    int64_t wanted;  /* what it asked for */
    bool refused;
};

/* An account with nothing taken, in the caller's memory. */
void vrt_account_init(struct vrt_account *account, int64_t limit);

/* Makes `account` (NULL: nobody's) the one the thread's allocations are charged to, and returns the one before. */
struct vrt_account *vrt_account_switch(struct vrt_account *account);

static inline struct vrt_account *vrt_account_current(void)
{
    return vrt_thread_cache.account;
}

/* What the current account, which there must be, has taken. */
int64_t vrt_account_used(void);

/* Lets the current account, which there must be, take anything, so that an error can be made; then limits it again,
 * with its reserve above the limit. */
void vrt_account_lift(void);
void vrt_account_open_reserve(void);

bool vrt_account_allows_slow(struct vrt_account *account, size_t bytes);

/* May the current account take so many bytes more? For the allocator's slow paths, and mappings. */
static inline bool vrt_account_allows(size_t bytes)
{
    struct vrt_account *account = vrt_thread_cache.account;
    return VRT_LIKELY(account == NULL) || vrt_account_allows_slow(account, bytes);
}

/* Something failed that has nothing to do with the account. */
static inline void vrt_account_acquit(void)
{
    if (vrt_thread_cache.account != NULL) {
        vrt_thread_cache.account->refused = false;
    }
}

/* Charges bytes that come from elsewhere (a mapping, another isolate); negative ones leave. */
static inline void vrt_account_add(int64_t bytes)
{
    vrt_thread_cache.delta += bytes;
}

/* vrt_alloc and vrt_free, charged to nobody. */
static inline void *vrt_alloc_common(size_t size)
{
    void *memory = vrt_alloc(size);
    vrt_account_add(memory != NULL ? -(int64_t)vrt_alloc_good_size(size) : 0);
    return memory;
}
static inline void vrt_free_common(void *memory, size_t size)
{
    vrt_account_add((int64_t)vrt_alloc_good_size(size));
    vrt_free(memory, size);
}

#endif
