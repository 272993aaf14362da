#include "runtime/base/status.h"

const char *vrt_status_text(enum vrt_status status)
{
    switch (status) {
    case VRT_OK: return "ok";
    case VRT_NO_MEMORY: return "out of memory";
    case VRT_NO_THREAD: return "no thread could be started";
    case VRT_INVALID: return "invalid argument";
    case VRT_SHUT_DOWN: return "the runtime is shut down";
    case VRT_SYSTEM: return "a system call failed";
    }
    return "unknown status";
}
