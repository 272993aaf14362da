#include "vm/compile/source_file.h"

#include "vm/front/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int refusal(int descriptor, bool regular)
{
    struct stat info;
    if (fstat(descriptor, &info))
        return errno;
    return S_ISDIR(info.st_mode) ? EISDIR : regular && !S_ISREG(info.st_mode) ? ESPIPE : 0;
}

/* A pipe without a writer would keep open(2) waiting. */
FILE *source_file_open(const char *path, bool regular)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | (regular ? O_NONBLOCK : 0));
    int error = descriptor < 0 ? errno : refusal(descriptor, regular);
    FILE *file = error ? NULL : fdopen(descriptor, "rb");
    if (file)
        return file;
    error = error ? error : errno;
    if (descriptor >= 0)
        close(descriptor);
    errno = error;
    return NULL;
}

/* As long as the file says it is, and one more, so that its end is seen at once. */
static size_t first_capacity(FILE *file)
{
    struct stat info;
    bool known = fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0;
    if (!known)
        return 65536;
    return (size_t)info.st_size > VVM_SOURCE_MAX ? VVM_SOURCE_MAX + 1 : (size_t)info.st_size + 1;
}

static char *read_text(FILE *file, size_t *length)
{
    size_t capacity = first_capacity(file);
    char *text = malloc(capacity);
    *length = 0;
    while (text) {
        *length += fread(text + *length, 1, capacity - *length, file);
        if (*length < capacity || *length > VVM_SOURCE_MAX)
            break;
        char *grown = realloc(text, capacity *= 2);
        if (!grown)
            free(text);
        text = grown;
    }
    return text;
}

char *source_file_read(FILE *file, size_t *length)
{
    char *text = read_text(file, length);
    int error = !text ? ENOMEM : ferror(file) ? EIO : *length > VVM_SOURCE_MAX ? EFBIG : 0;
    fclose(file);
    errno = error;
    if (!error)
        return text;
    free(text);
    return NULL;
}
