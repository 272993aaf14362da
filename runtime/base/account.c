#include "runtime/base/account.h"

#define RESERVE_MIN 16384
#define RESERVE_MAX (1 << 20)

void vrt_account_init(struct vrt_account *account, int64_t limit)
{
    int64_t reserve = limit / 8;
    reserve = reserve < RESERVE_MIN ? RESERVE_MIN : reserve > RESERVE_MAX ? RESERVE_MAX : reserve;
    *account = (struct vrt_account){.limit = limit, .reserve = reserve, .ceiling = limit};
}

struct vrt_account *vrt_account_switch(struct vrt_account *account)
{
    struct vrt_account *before = vrt_thread_cache.account;
    if (before != NULL) {
        before->used += vrt_thread_cache.delta;
    }
    vrt_thread_cache.delta = 0;
    vrt_thread_cache.account = account;
    return before;
}

int64_t vrt_account_used(void)
{
    return vrt_thread_cache.account->used + vrt_thread_cache.delta;
}

void vrt_account_lift(void)
{
    vrt_thread_cache.account->ceiling = INT64_MAX;
}

void vrt_account_open_reserve(void)
{
    struct vrt_account *account = vrt_thread_cache.account;
    bool wide = account->limit > INT64_MAX - account->reserve;
    account->ceiling = wide ? INT64_MAX - 1 : account->limit + account->reserve;
}

/* The reserve is closed when it would be whole again: a `finally` can count on it. */
static void close_reserve(struct vrt_account *account, int64_t used)
{
    if (account->ceiling != INT64_MAX && used <= account->limit - account->reserve) {
        account->ceiling = account->limit;
    }
}

bool vrt_account_allows_slow(struct vrt_account *account, size_t bytes)
{
    int64_t used = vrt_account_used();
    close_reserve(account, used);
    account->found = used;
    account->wanted = (int64_t)(bytes < VRT_ALLOC_MAX ? bytes : VRT_ALLOC_MAX);
    account->refused = account->ceiling != INT64_MAX && account->wanted > account->ceiling - used;
    return !account->refused;
}
