/* Watching programs: inotify wakes, and what lies there decides. Without inotify one looks every now and then. */
#include "cli/paths.h"
#include "cli/test.h"

#include <dirent.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 300   /* without inotify */
#define SETTLE_MS 30  /* an editor writes several times */
#define DEPTH_MAX 64
#define EVENTS (IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVE | IN_DELETE_SELF | IN_ATTRIB)

struct test_watch {
    char **names;        /* borrowed */
    size_t count;
    uint64_t signature;  /* of all programs when it was looked last */
    bool changed;        /* they have changed during the run since then */
};

/* ---- What lies there ---- */

struct look { uint64_t signature; int notify; };

static uint64_t mix(uint64_t hash, uint64_t word)
{
    return (hash ^ word) * 1099511628211u + (hash >> 29);
}

static void look_at_file(struct look *look, const char *path, const struct stat *about)
{
    size_t length = strlen(path);
    if (length < 5 || strcmp(path + length - 5, ".vela") != 0)
        return;
    for (const char *at = path; *at != '\0'; at++)
        look->signature = mix(look->signature, (unsigned char)*at);
    look->signature = mix(look->signature, (uint64_t)about->st_mtim.tv_sec);
    look->signature = mix(look->signature, (uint64_t)about->st_mtim.tv_nsec);
    look->signature = mix(look->signature, (uint64_t)about->st_size);
}

static int is_shown(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Sees a file, or all below a folder, which is watched from then on; links to folders are not followed. */
static void look_below(struct look *look, const char *path, int depth)
{
    struct stat about;
    struct dirent **entries;
    if ((depth == 0 ? stat : lstat)(path, &about) != 0 || depth > DEPTH_MAX)
        return;
    if (!S_ISDIR(about.st_mode)) {
        look_at_file(look, path, &about);
        return;
    }
    if (look->notify >= 0)
        inotify_add_watch(look->notify, path, EVENTS);
    int count = scandir(path, &entries, is_shown, alphasort);
    for (int i = 0; i < count; i++) {
        char *below = NULL;
        if (asprintf(&below, "%s/%s", path, entries[i]->d_name) >= 0)
            look_below(look, below, depth + 1);
        free(below);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* `notify` -1: only looks. */
static uint64_t look_at_all(const struct test_watch *watch, int notify)
{
    struct look look = {14695981039346656037u, notify};
    look_below(&look, ".", 0);
    for (size_t i = 0; i < watch->count; i++)
        look_below(&look, watch->names[i], 0);
    return look.signature;
}

/* ---- Waiting ---- */

struct test_watch *test_watch_start(char **names, size_t count)
{
    struct test_watch *watch = malloc(sizeof *watch);
    if (watch == NULL)
        return NULL;
    *watch = (struct test_watch){.names = names, .count = count};
    watch->signature = look_at_all(watch, -1);
    return watch;
}

/* Returns when something has happened in a watched folder, or might have. */
static void wait_for_event(int notify)
{
    char events[4096];
    struct pollfd entry = {.fd = notify, .events = POLLIN};
    if (notify < 0) {
        poll(NULL, 0, LOOK_MS);
        return;
    }
    poll(&entry, 1, -1);
    while (poll(&entry, 1, SETTLE_MS) > 0 && read(notify, events, sizeof events) > 0)
        ;
}

void test_watch_run_ended(struct test_watch *watch)
{
    watch->changed = look_at_all(watch, -1) != watch->signature;
}

void test_watch_wait(struct test_watch *watch)
{
    uint64_t before = watch->signature;
    if (watch->changed)
        watch->signature = look_at_all(watch, -1);
    while (before == watch->signature && !watch->changed) {
        int notify = inotify_init1(IN_CLOEXEC);
        watch->signature = look_at_all(watch, notify); /* after the watches are set: no change is missed */
        if (before == watch->signature) {
            wait_for_event(notify);
            watch->signature = look_at_all(watch, -1);
        }
        if (notify >= 0)
            close(notify);
    }
    watch->changed = false;
}
