/* File: reading and looking (language.md 8.11). Small regular files are read here; larger ones, and whatever is no
 * regular file, on a blocking thread. Failures are values: Err(IOError) with kind and path. */
#include "vm/core/job.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define INLINE_BYTES 65536

enum form { AS_TEXT, AS_BYTES, AS_LINES };

struct read_job {
    struct vvm_job job;
    char *path;
    int descriptor;
    char *data;
    size_t length, capacity;
    int error;          /* errno, 0 = fine */
    enum form form;
};

/* ---- Errors ---- */

static const char *kind_of(int error)
{
    switch (error) {
    case ENOENT: return "FileNotFound";
    case EACCES:
    case EPERM: return "PermissionDenied";
    case EEXIST: return "AlreadyExists";
    case ENOTDIR: return "NotADirectory";
    case EISDIR: return "IsADirectory";
    case ENOTEMPTY: return "DirectoryNotEmpty";
    case ENOSPC: return "DiskFull";
    default: return "Other";
    }
}

/* Err(IOError) with kind and path. */
static enum vvm_outcome failed_with(struct vvm_call *call, const char *path, const char *kind, const char *why)
{
    vvm_value e = vvm_error_new(call->vm, call, VVM_T_IO_ERROR, "%s: %s", path, why);
    struct vvm_record *record = e.object;
    if (record->type != call->vm->known[VVM_T_IO_ERROR])
        return vvm_throw_value(call, e); /* memory is out */
    record->fields[VVM_ERROR_FIELDS] = vvm_string_from_c(kind);
    record->fields[VVM_ERROR_FIELDS + 1] = vvm_string_from_c(path);
    if (!vvm_is_unset(record->fields[VVM_ERROR_FIELDS + 1]))
        return vvm_return(call, vvm_err(e));
    vvm_release(e);
    return vvm_throw_memory(call);
}

static enum vvm_outcome failed(struct vvm_call *call, const char *path, int error)
{
    char text[256];
    return failed_with(call, path, kind_of(error), strerror_r(error, text, sizeof text));
}

/* The path argument as C text; NULL: thrown. Paths with a NUL are none. */
static char *want_path(struct vvm_call *call)
{
    struct vvm_bytes bytes;
    if (!vvm_want_string(call, 0, &bytes))
        return NULL;
    if (memchr(bytes.data, '\0', bytes.length) != NULL) {
        vvm_throw(call, VVM_T_VALUE_ERROR, "a path cannot contain the code point 0");
        return NULL;
    }
    char *path = strndup(bytes.data, bytes.length);
    if (path == NULL)
        vvm_throw_memory(call);
    return path;
}

/* ---- Results ---- */

static vvm_value bytes_of(const struct read_job *job)
{
    vvm_value list = vvm_list_new(job->length, VVM_ELEMENTS_NUMBER);
    for (size_t i = 0; i < job->length && !vvm_is_unset(list); i++)
        list = vvm_list_append_fast(list, vvm_number((unsigned char)job->data[i]));
    return list;
}

static vvm_value lines_of(const struct read_job *job)
{
    vvm_value list = vvm_list_new(0, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < job->length && !vvm_is_unset(list);) {
        const char *end = memchr(job->data + i, '\n', job->length - i);
        size_t stop = end != NULL ? (size_t)(end - job->data) : job->length;
        size_t length = stop - i - (end != NULL && stop > i && job->data[stop - 1] == '\r');
        vvm_value line = vvm_string_new(job->data + i, length);
        if (vvm_is_unset(line))
            vvm_release(list);
        list = vvm_is_unset(line) ? line : vvm_list_append_fast(list, line);
        i = stop + 1;
    }
    return list;
}

static enum vvm_outcome result_of(struct vvm_call *call, const struct read_job *job)
{
    if (job->error != 0)
        return failed(call, job->path, job->error);
    if (job->form == AS_BYTES)
        return vvm_done_ok(call, bytes_of(job));
    if (!vvm_utf8_valid(job->data, job->length))
        return failed_with(call, job->path, "Other", "not valid UTF-8");
    return vvm_done_ok(call, job->form == AS_LINES ? lines_of(job) : vvm_string_new(job->data, job->length));
}

/* ---- Reading ---- */

static bool make_room(struct read_job *job)
{
    if (job->length < job->capacity)
        return true;
    size_t capacity = job->capacity < 4096 ? 4096 : job->capacity * 2;
    char *data = realloc(job->data, capacity);
    if (data == NULL) {
        job->error = ENOMEM;
        return false;
    }
    job->data = data;
    job->capacity = capacity;
    return true;
}

static void read_work(struct vvm_job *base)
{
    struct read_job *job = (struct read_job *)base;
    while (make_room(job)) {
        ssize_t got = read(job->descriptor, job->data + job->length, job->capacity - job->length);
        if (got > 0) {
            job->length += (size_t)got;
        } else if (got == 0) {
            return;
        } else if (errno != EINTR) {
            job->error = errno;
            return;
        }
    }
}

/* Opening a FIFO waits, so it is done here, too. */
static void open_work(struct vvm_job *base)
{
    struct read_job *job = (struct read_job *)base;
    job->descriptor = open(job->path, O_RDONLY | O_CLOEXEC);
    if (job->descriptor >= 0)
        read_work(base);
    else
        job->error = errno;
}

static void read_destroy(struct vvm_job *base)
{
    struct read_job *job = (struct read_job *)base;
    if (job->descriptor >= 0)
        close(job->descriptor);
    free(job->path);
    free(job->data);
    free(job);
}

static enum vvm_outcome read_done(struct vvm_call *call)
{
    struct read_job *job = (struct read_job *)vvm_job_resumed(call);
    if (job == NULL)
        return vvm_done_void(call);
    enum vvm_outcome outcome = result_of(call, job);
    vvm_job_drop(&job->job);
    return outcome;
}

/* Reads a small regular file here. False: it is for a blocking thread. */
static bool read_here(struct read_job *job)
{
    struct stat info;
    if (stat(job->path, &info) != 0) {
        job->error = errno;
        return true;
    }
    if (S_ISDIR(info.st_mode)) {
        job->error = EISDIR;
        return true;
    }
    if (!S_ISREG(info.st_mode) || info.st_size > INLINE_BYTES)
        return false;
    job->capacity = (size_t)info.st_size + 1;
    job->data = malloc(job->capacity);
    if (job->data == NULL)
        job->capacity = 0;
    open_work(&job->job);
    return true;
}

static enum vvm_outcome read_as(struct vvm_call *call, enum form form)
{
    char *path = want_path(call);
    if (path == NULL)
        return VVM_THROW;
    struct read_job *job = malloc(sizeof *job);
    if (job == NULL) {
        free(path);
        return vvm_throw_memory(call);
    }
    *job = (struct read_job){.job = {.work = open_work, .destroy = read_destroy}, .path = path, .descriptor = -1, .form = form};
    if (!read_here(job))
        return vvm_job_start(call, &job->job, read_done);
    enum vvm_outcome outcome = result_of(call, job);
    read_destroy(&job->job);
    return outcome;
}

static enum vvm_outcome file_read(struct vvm_call *call) { return read_as(call, AS_TEXT); }
static enum vvm_outcome file_read_bytes(struct vvm_call *call) { return read_as(call, AS_BYTES); }
static enum vvm_outcome file_read_lines(struct vvm_call *call) { return read_as(call, AS_LINES); }

/* ---- Looking ---- */

static enum vvm_outcome file_exists(struct vvm_call *call)
{
    char *path = want_path(call);
    if (path == NULL)
        return VVM_THROW;
    bool exists = access(path, F_OK) == 0;
    free(path);
    return vvm_done_bool(call, exists);
}

static enum vvm_outcome file_is_directory(struct vvm_call *call)
{
    char *path = want_path(call);
    if (path == NULL)
        return VVM_THROW;
    struct stat info;
    bool directory = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    free(path);
    return vvm_done_bool(call, directory);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in a directory, `.` and `..` left out; -1 with errno. The names are the caller's. */
static ssize_t read_names(const char *path, char ***names)
{
    DIR *directory = opendir(path);
    size_t count = 0, capacity = 0;
    *names = NULL;
    if (directory == NULL)
        return -1;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (count == capacity) {
            char **grown = realloc(*names, (capacity = capacity * 2 + 16) * sizeof **names);
            if (grown == NULL)
                break;
            *names = grown;
        }
        (*names)[count] = strdup(entry->d_name);
        if ((*names)[count] == NULL)
            break;
        count++;
    }
    closedir(directory);
    return (ssize_t)count;
}

static vvm_value list_of_names(char **names, size_t count)
{
    qsort(names, count, sizeof *names, by_name);
    vvm_value list = vvm_list_new(count, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < count && !vvm_is_unset(list); i++) {
        if (!vvm_utf8_valid(names[i], strlen(names[i])))
            continue; /* no String can name it */
        vvm_value name = vvm_string_from_c(names[i]);
        if (vvm_is_unset(name))
            vvm_release(list);
        list = vvm_is_unset(name) ? name : vvm_list_append_fast(list, name);
    }
    return list;
}

static enum vvm_outcome file_list(struct vvm_call *call)
{
    char *path = want_path(call), **names;
    if (path == NULL)
        return VVM_THROW;
    ssize_t count = read_names(path, &names);
    enum vvm_outcome outcome = count < 0 ? failed(call, path, errno) : vvm_done_ok(call, list_of_names(names, (size_t)count));
    for (ssize_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    free(path);
    return outcome;
}

#define READ(name, native, result, about) \
    {.signature = name "(path: String) -> Result<" result ", IOError>", .function = native, .min = 1, .max = 1, \
     .flags = VVM_BUILTIN_PURE | VVM_BUILTIN_FRAME, .slots = 1, .doc = about}

static const struct vvm_builtin statics[] = {
    READ("read", file_read, "String", "The text of a file in UTF-8."),
    READ("readBytes", file_read_bytes, "List<Number>", "The bytes of a file."),
    READ("readLines", file_read_lines, "List<String>", "The lines of a file without LF or CRLF; no empty last line."),
    VVM_ROW_M("exists(path: String) -> Bool", file_exists, 1, 1, "Is there anything of this name?"),
    VVM_ROW_M("isDirectory(path: String) -> Bool", file_is_directory, 1, 1, "Is it a directory?"),
    VVM_ROW_M("list(dir: String) -> Result<List<String>, IOError>", file_list, 1, 1, "The names in a directory, sorted."),
};

const struct vvm_builtin_group vvm_file_statics = {VVM_T_FILE, true, VVM_ROWS(statics)};
