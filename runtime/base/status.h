/* What a runtime function answers when it can fail.
 *
 * A status is a plain enum; VRT_OK is 0. Functions that wait or try have their own,
 * narrower enums beside them. */
#ifndef VRT_BASE_STATUS_H
#define VRT_BASE_STATUS_H

enum vrt_status {
    VRT_OK = 0,
    VRT_NO_MEMORY, /* an allocation failed; nothing has changed */
    VRT_NO_THREAD, /* the operating system gave no thread */
    VRT_INVALID,   /* an argument or a state that the contract excludes */
    VRT_SHUT_DOWN, /* the runtime is being destroyed */
    VRT_SYSTEM     /* an operating-system call failed; errno tells */
};

/* The status as a short English phrase. Owns: static text. Thread: any. */
const char *vrt_status_text(enum vrt_status status);

#endif
