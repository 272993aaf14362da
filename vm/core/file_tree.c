/* File: folders, names, sizes. */
#include "vm/core/file.h"

#include <dirent.h>
#include <stdio.h> /* remove, rename */

/* ---- Looking: quick enough to be done at once ---- */

static void look_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    struct stat info;
    if (stat(file->path, &info) != 0) {
        vvm_file_note(file, false);
        return;
    }
    file->mode = info.st_mode;
    file->size = info.st_size;
}

static enum vvm_outcome answer_size(struct vvm_call *call, struct vvm_file *file)
{
    return vvm_done_ok(call, vvm_number(file->size));
}

static void size_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    look_work(job);
    if (file->error == 0 && S_ISDIR(file->mode))
        file->error = EISDIR;
}

enum vvm_outcome vvm_file_size(struct vvm_call *call)
{
    struct vvm_file *file = vvm_file_new(call, size_work, false);
    if (file == NULL)
        return VVM_THROW;
    file->answer = answer_size;
    return vvm_file_run(call, file, true);
}

static enum vvm_outcome answer_whether(struct vvm_call *call, bool directory)
{
    struct vvm_file *file = vvm_file_new(call, look_work, false);
    if (file == NULL)
        return VVM_THROW;
    look_work(&file->job);
    bool yes = file->error == 0 && (!directory || S_ISDIR(file->mode));
    file->job.destroy(&file->job);
    return vvm_done_bool(call, yes);
}

enum vvm_outcome vvm_file_exists(struct vvm_call *call) { return answer_whether(call, false); }
enum vvm_outcome vvm_file_is_directory(struct vvm_call *call) { return answer_whether(call, true); }

/* ---- The names in a folder ---- */

static bool add_name(struct vvm_file *file, const char *name)
{
    size_t length = strlen(name) + 1;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !vvm_utf8_valid(name, length))
        return true; /* the latter no String can name */
    if (!vvm_file_reserve(file, length))
        return false;
    memcpy(file->data + file->length, name, length);
    file->length += length;
    return true;
}

static void list_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    DIR *directory = opendir(file->path);
    if (directory == NULL) {
        vvm_file_note(file, false);
        return;
    }
    struct dirent *entry;
    do {
        errno = 0;
        entry = readdir(directory);
        if (entry == NULL && errno != 0)
            vvm_file_note(file, false);
    } while (entry != NULL && add_name(file, entry->d_name));
    closedir(directory);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static vvm_value list_of_names(const char **names, size_t count)
{
    qsort(names, count, sizeof *names, by_name);
    vvm_value list = vvm_list_new(count, VVM_ELEMENTS_VALUE);
    for (size_t i = 0; i < count && !vvm_is_unset(list); i++) {
        vvm_value name = vvm_string_from_c(names[i]);
        if (vvm_is_unset(name))
            vvm_release(list);
        list = vvm_is_unset(name) ? name : vvm_list_append_fast(list, name);
    }
    return list;
}

static enum vvm_outcome answer_names(struct vvm_call *call, struct vvm_file *file)
{
    size_t count = 0;
    for (size_t i = 0; i < file->length; i++)
        count += file->data[i] == '\0';
    const char **names = malloc((count + 1) * sizeof *names), *name = file->data;
    if (names == NULL)
        return vvm_throw_memory(call);
    for (size_t i = 0; i < count; i++, name += strlen(name) + 1)
        names[i] = name;
    vvm_value list = list_of_names(names, count);
    free(names);
    return vvm_done_ok(call, list);
}

enum vvm_outcome vvm_file_list(struct vvm_call *call)
{
    struct vvm_file *file = vvm_file_new(call, list_work, false);
    if (file == NULL)
        return VVM_THROW;
    file->answer = answer_names;
    return vvm_file_run(call, file, false);
}

/* ---- Changing ---- */

static bool is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Makes one folder of a path; one that is there is fine. */
static bool make_one(const char *path)
{
    if (mkdir(path, 0777) == 0)
        return true;
    int error = errno;
    bool there = is_directory(path);
    errno = error;
    return there;
}

/* What stands above a name must be a folder. */
static bool make_parent(const char *path)
{
    if (make_one(path))
        return true;
    errno = errno == EEXIST ? ENOTDIR : errno;
    return false;
}

/* Each folder above, outermost first. */
static bool make_above(char *path)
{
    for (char *slash = strchr(path + (*path == '/'), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool made = make_parent(path);
        *slash = '/';
        if (!made)
            return false;
    }
    return true;
}

static void make_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    bool made = file->option ? make_above(file->path) && make_one(file->path) : mkdir(file->path, 0777) == 0;
    if (!made)
        vvm_file_note(file, false);
}

enum vvm_outcome vvm_file_make_directory(struct vvm_call *call)
{
    bool parents = true;
    if (!vvm_is_unset(call->args[1]) && !vvm_want_bool(call, 1, &parents))
        return VVM_THROW;
    struct vvm_file *file = vvm_file_new(call, make_work, false);
    if (file == NULL)
        return VVM_THROW;
    file->option = parents;
    return vvm_file_run(call, file, false);
}

static void delete_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    if (remove(file->path) != 0)
        vvm_file_note(file, false);
}

/* Of what the kernel says it does not tell whose fault it is. */
static void rename_work(struct vvm_job *job)
{
    struct vvm_file *file = (struct vvm_file *)job;
    struct stat info;
    if (rename(file->path, file->other) == 0)
        return;
    vvm_file_note(file, false);
    file->other_is_at_fault = lstat(file->path, &info) == 0;
}

static enum vvm_outcome change(struct vvm_call *call, void (*work)(struct vvm_job *job), bool two)
{
    struct vvm_file *file = vvm_file_new(call, work, two);
    return file == NULL ? VVM_THROW : vvm_file_run(call, file, false);
}

enum vvm_outcome vvm_file_delete(struct vvm_call *call) { return change(call, delete_work, false); }
enum vvm_outcome vvm_file_rename(struct vvm_call *call) { return change(call, rename_work, true); }
