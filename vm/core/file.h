/* Private to vm/core: one operation on files, here or on a blocking thread.
 *
 * An operation copies its arguments into a job, works without values and without the VM, and answers on the task's own
 * thread. What is quick for a local file is done at once, everything else while the task is parked. Failures are
 * values: Err(IOError) with kind and path. */
#ifndef VVM_CORE_FILE_H
#define VVM_CORE_FILE_H

#include "vm/core/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef VELA_TINY
#define VVM_FILE_HERE 64u
#else
#define VVM_FILE_HERE 65536u /* bytes of a regular file that are read or appended without changing the thread */
#endif

struct vvm_file {
    struct vvm_job job;
    enum vvm_outcome (*answer)(struct vvm_call *call, struct vvm_file *file); /* if nothing failed; NULL: Ok(()) */
    char *path, *other;      /* other: the second path, or NULL */
    bool other_is_at_fault;
    int error;               /* errno; 0: fine */
    const char *why;         /* what is wrong where errno has no word for it, or NULL */
    bool option;             /* mkdir: with parents */
    char *data;              /* read, or to be written; names one after another, each with its NUL */
    size_t length, capacity;
    int64_t size;            /* of a file that is looked at */
    mode_t mode;
};

/* A job for the path in argument 0, and in argument 1 if `two`. NULL: thrown. */
struct vvm_file *vvm_file_new(struct vvm_call *call, void (*work)(struct vvm_job *job), bool two);

/* Does the work, here or on a blocking thread, unless an error is noted already; answers. Takes the job over. */
enum vvm_outcome vvm_file_run(struct vvm_call *call, struct vvm_file *file, bool here);

/* Err(IOError) with the kind, and the path that is at fault. */
enum vvm_outcome vvm_file_failed(struct vvm_call *call, const struct vvm_file *file, const char *kind, const char *why);

/* Room for `more` bytes behind the data. False: error is ENOMEM. */
bool vvm_file_reserve(struct vvm_file *file, size_t more);

/* Notes errno, of the first or the second path. */
static inline void vvm_file_note(struct vvm_file *file, bool other)
{
    file->error = errno;
    file->other_is_at_fault = other;
}

/* The operations, one per row. */
enum vvm_outcome vvm_file_read(struct vvm_call *call);
enum vvm_outcome vvm_file_read_bytes(struct vvm_call *call);
enum vvm_outcome vvm_file_read_lines(struct vvm_call *call);
enum vvm_outcome vvm_file_write(struct vvm_call *call);
enum vvm_outcome vvm_file_write_bytes(struct vvm_call *call);
enum vvm_outcome vvm_file_append(struct vvm_call *call);
enum vvm_outcome vvm_file_copy(struct vvm_call *call);
enum vvm_outcome vvm_file_list(struct vvm_call *call);
enum vvm_outcome vvm_file_make_directory(struct vvm_call *call);
enum vvm_outcome vvm_file_delete(struct vvm_call *call);
enum vvm_outcome vvm_file_rename(struct vvm_call *call);
enum vvm_outcome vvm_file_exists(struct vvm_call *call);
enum vvm_outcome vvm_file_is_directory(struct vvm_call *call);
enum vvm_outcome vvm_file_size(struct vvm_call *call);

#endif
