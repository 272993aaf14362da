/* File: writing, appending, copying.
 *
 * A regular file is never seen half written: the new content goes to a file beside it, to the disk, and then takes the
 * name. It keeps its permissions, and what a symbolic link names is replaced, not the link. What is no regular file (a
 * device, a FIFO) is written to as it is. */
#include "vm/core/file.h"

#include <limits.h>
#include <stdio.h>

#define COPY_BYTES 65536u
#define NAMES_TRIED 100

/* Where the content goes. */
struct sink {
    int descriptor;
    char target[PATH_MAX];
    char beside[PATH_MAX]; /* empty: the target itself is written to */
};

static bool write_whole(int descriptor, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, data, length);
        if (written >= 0) {
            data += written;
            length -= (size_t)written;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* ---- The file beside ---- */

/* Makes a new file in the target's folder; the name says whose it is, in case the process is killed. */
static bool open_beside(struct sink *sink)
{
    const char *slash = strrchr(sink->target, '/');
    int folder = slash != NULL ? (int)(slash - sink->target) + 1 : 0;
    for (int i = 0; i < NAMES_TRIED; i++) {
        int length = snprintf(sink->beside, sizeof sink->beside, "%.*s.vela-%ld-%p-%d.tmp", folder, sink->target,
                              (long)getpid(), (void *)sink, i);
        if (length >= (int)sizeof sink->beside) {
            errno = ENAMETOOLONG;
            break;
        }
        sink->descriptor = open(sink->beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (sink->descriptor >= 0)
            return true;
        if (errno != EEXIST)
            break;
    }
    sink->beside[0] = '\0';
    return false;
}

/* Owner first: changing it takes some permissions away. Not being allowed to give it away is no failure. */
static bool keep_permissions(int descriptor, const struct stat *old)
{
    if (fchown(descriptor, old->st_uid, old->st_gid) != 0 && errno != EPERM && errno != EINVAL)
        return false;
    return fchmod(descriptor, old->st_mode & 07777) == 0;
}

static void abandon(struct sink *sink)
{
    int error = errno;
    close(sink->descriptor);
    if (sink->beside[0] != '\0')
        unlink(sink->beside);
    errno = error;
}

static bool open_replacing(struct sink *sink, const char *path, const struct stat *old)
{
    if (realpath(path, sink->target) == NULL || faccessat(AT_FDCWD, sink->target, W_OK, AT_EACCESS) != 0 ||
        !open_beside(sink))
        return false;
    if (keep_permissions(sink->descriptor, old))
        return true;
    abandon(sink);
    return false;
}

static bool open_new(struct sink *sink, const char *path, mode_t mode)
{
    if (strlen(path) >= sizeof sink->target) {
        errno = ENAMETOOLONG;
        return false;
    }
    strcpy(sink->target, path);
    if (!open_beside(sink))
        return false;
    if (mode == 0 || fchmod(sink->descriptor, mode & 0777) == 0)
        return true;
    abandon(sink);
    return false;
}

static bool open_in_place(struct sink *sink, const char *path)
{
    sink->beside[0] = '\0';
    sink->descriptor = open(path, O_WRONLY | O_CLOEXEC);
    return sink->descriptor >= 0;
}

/* `mode`: of a file that is made; 0: as usual. False: errno says why. */
static bool open_sink(struct sink *sink, const char *path, mode_t mode)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT && open_new(sink, path, mode);
    if (S_ISDIR(info.st_mode)) {
        errno = EISDIR;
        return false;
    }
    return S_ISREG(info.st_mode) ? open_replacing(sink, path, &info) : open_in_place(sink, path);
}

static bool close_sink(struct sink *sink)
{
    if (sink->beside[0] == '\0')
        return close(sink->descriptor) == 0;
    if (fsync(sink->descriptor) == 0 && close(sink->descriptor) == 0) {
        if (rename(sink->beside, sink->target) == 0)
            return true;
        int error = errno;
        unlink(sink->beside);
        errno = error;
        return false;
    }
    abandon(sink);
    return false;
}

/* ---- Work ---- */

static void write_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    struct sink sink;
    if (!open_sink(&sink, file->path, 0)) {
        vvm_file_note(file, false);
        return;
    }
    if (!write_whole(sink.descriptor, file->data, file->length)) {
        abandon(&sink);
        vvm_file_note(file, false);
    } else if (!close_sink(&sink)) {
        vvm_file_note(file, false);
    }
}

static void append_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    int descriptor = open(file->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0 || !write_whole(descriptor, file->data, file->length))
        vvm_file_note(file, false);
    if (descriptor >= 0 && close(descriptor) != 0 && file->error == 0)
        vvm_file_note(file, false);
}

/* Until the end of `from`. False: an error is noted. */
static bool copy_all(struct vvm_file *file, int from, int to)
{
    for (;;) {
        ssize_t got = read(from, file->data, COPY_BYTES);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || !write_whole(to, file->data, (size_t)got)) {
            vvm_file_note(file, got > 0);
            return false;
        }
    }
}

static void copy_from(struct vvm_file *file, int from)
{
    struct sink sink;
    struct stat info;
    if (fstat(from, &info) != 0) {
        vvm_file_note(file, false);
    } else if (S_ISDIR(info.st_mode)) {
        file->error = EISDIR;
    } else if (!S_ISREG(info.st_mode)) {
        file->why = "not a regular file";
    } else if (!open_sink(&sink, file->other, info.st_mode)) {
        vvm_file_note(file, true);
    } else if (!copy_all(file, from, sink.descriptor)) {
        abandon(&sink);
    } else if (!close_sink(&sink)) {
        vvm_file_note(file, true);
    }
}

/* Only what has an end is copied: opened without waiting for a FIFO's other side. */
static void copy_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    int from = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (from < 0) {
        vvm_file_note(file, false);
        return;
    }
    if (vvm_file_reserve(file, COPY_BYTES))
        copy_from(file, from);
    close(from);
}

/* ---- Operations ---- */

static struct vvm_file *with_text(struct vvm_call *call, void (*work)(struct vvm_job *job))
{
    struct vvm_bytes text;
    struct vvm_file *file = vvm_want_string(call, 1, &text) ? vvm_file_new(call, work, false) : NULL;
    if (file == NULL)
        return NULL;
    if (text.length > 0 && !vvm_file_reserve(file, text.length))
        return file;
    if (text.length > 0)
        memcpy(file->data, text.data, text.length);
    file->length = text.length;
    return file;
}

static enum vvm_outcome run(struct vvm_call *call, struct vvm_file *file, bool here)
{
    return file != NULL ? vvm_file_run(call, file, here) : VVM_THROW;
}

enum vvm_outcome vvm_file_write(struct vvm_call *call) { return run(call, with_text(call, write_work), false); }

enum vvm_outcome vvm_file_append(struct vvm_call *call)
{
    struct vvm_file *file = with_text(call, append_work);
    struct stat info;
    bool quick = file != NULL && file->length <= VVM_FILE_HERE && stat(file->path, &info) == 0 && S_ISREG(info.st_mode);
    return run(call, file, quick);
}

enum vvm_outcome vvm_file_copy(struct vvm_call *call) { return run(call, vvm_file_new(call, copy_work, true), false); }

/* False: thrown. */
static bool take_bytes(struct vvm_call *call, struct vvm_file *file, const struct vvm_list *list)
{
    if (list->length > 0 && !vvm_file_reserve(file, list->length)) {
        vvm_throw_memory(call);
        return false;
    }
    for (size_t i = 0; i < list->length; i++) {
        vvm_value v = vvm_list_get_fast(list, i);
        if (!vvm_is_number(v) || v.number < 0 || v.number > 255) {
            vvm_throw(call, VVM_T_VALUE_ERROR, "writeBytes(): element %zu is no byte, a Number from 0 to 255", i);
            return false;
        }
        file->data[file->length++] = (char)v.number;
    }
    return true;
}

enum vvm_outcome vvm_file_write_bytes(struct vvm_call *call)
{
    struct vvm_file *file = vvm_want_kind(call, 1, VVM_LIST) ? vvm_file_new(call, write_work, false) : NULL;
    if (file == NULL)
        return VVM_THROW;
    if (take_bytes(call, file, call->args[1].object))
        return run(call, file, false);
    file->job.destroy(&file->job);
    return VVM_THROW;
}
