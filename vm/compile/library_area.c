#include "vm/compile/library_area.h"

#include <string.h>

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static const struct library_area areas[] = {
    {"time",
     NAMES("Time", "Date", "Duration", "time", "sleep", "setTimeout", "set_timeout", "clearTimeout", "clear_timeout"),
     NULL, false},
    {"datetime", NAMES("Date", "Time", "Duration", "time"), NULL, true},
    {"math", NAMES("Math", "math"), NULL, true},
    {"json", NAMES("Json", "JSON", "json"), NULL, false},
    {"fs", NAMES("File", "fs"), NULL, false},
    {"env", NAMES("Env", "env", "exit"), NULL, false},
    {"random", NAMES("Random", "random"), NULL, false},
    {"actors",
     NAMES("ActorSystem", "ActorRef", "Mailbox", "ActorState", "Message", "Overflow", "Actor", "Supervisor",
           "RestartPolicy", "SupervisionStrategy", "BackoffStrategy", "SupervisorDirective"),
     NULL, false},
    {"concurrency",
     NAMES("Worker", "WorkerPool", "TaskScheduler", "Priority", "Task", "TaskGroup", "Parallel", "CancellationToken",
           "Atomic", "Channel", "Sender", "Receiver", "SendError", "Promise", "Future", "Stream", "spawn", "sleep",
           "block_on", "blockOn", "yield_now", "yieldNow", "channel"),
     NULL, false},
    {"collections",
     NAMES("List", "Dict", "Set", "Tuple", "Range", "Option", "Result", "Array", "Map", "Generator", "Stream"), NULL,
     true},
    {"test", NAMES(NULL), "test.vela", true},
    {"ffi", NAMES("Ffi", "Buffer"), NULL, false},
};
#define AREA_COUNT (sizeof areas / sizeof *areas)

const struct library_area *library_area_find(const char *name)
{
    for (size_t i = 0; i < AREA_COUNT; i++)
        if (strcmp(areas[i].name, name) == 0)
            return &areas[i];
    return NULL;
}

const struct library_area *library_area_next(const struct library_area *area)
{
    size_t next = area ? (size_t)(area - areas) + 1 : 0;
    return next < AREA_COUNT ? &areas[next] : NULL;
}

bool library_area_has(const struct library_area *area, const char *name)
{
    for (size_t i = 0; area->names[i]; i++)
        if (strcmp(area->names[i], name) == 0)
            return true;
    return false;
}

const struct vvm_core_source *library_area_source(const struct library_area *area)
{
    for (size_t i = 0; i < vvm_module_source_count; i++)
        if (area->module && strcmp(vvm_module_sources[i].name, area->module) == 0)
            return &vvm_module_sources[i];
    return NULL;
}
