/* Notes every change that a process makes to the files of one folder, and every fsync, in the order in which they were
   made; loaded before libc (LD_PRELOAD). The folder and the file of notes are named in the environment: WATCHED and
   RECORDED, both without links in them.

   A note is four numbers of eight bytes (kind, bytes of the name, offset or size, bytes of data), the name and the data.
   Names are relative to the folder, which itself is "."; the data of a rename and of a link is the new name. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

enum { CREATE = 'c', WRITE = 'w', TRUNCATE = 't', SYNC = 's', UNLINK = 'u', RENAME = 'r', LINK = 'l' };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static int notes = -1;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("RECORDED");
    folder = getenv("WATCHED");
    if (folder && file) notes = REAL(int, "open64", const char *, int, ...)(file, O_WRONLY | O_APPEND | O_CLOEXEC);
}

/* Whether an open file lies in the folder, and under which name there. */
static int lies_within(int fd, char name[PATH_MAX]) {
    char place[64], path[PATH_MAX];
    if (notes < 0 || fd < 0) return 0;
    snprintf(place, sizeof place, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(place, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    size_t prefix = strlen(folder);
    if (strncmp(path, folder, prefix) || (path[prefix] && path[prefix] != '/')) return 0;
    strcpy(name, path[prefix] ? path + prefix + 1 : ".");
    return 1;
}

/* The same of a path. A descriptor that is for the path alone drops no locks when it is closed. */
static int path_within(int at, const char *path, char name[PATH_MAX]) {
    if (notes < 0) return 0;
    int fd = REAL(int, "openat64", int, const char *, int, ...)(at, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int found = lies_within(fd, name);
    if (fd >= 0) close(fd);
    return found;
}

static void note(uint64_t kind, const char *name, uint64_t offset, const void *data, uint64_t size) {
    uint64_t head[4] = {kind, strlen(name), offset, size};
    struct iovec parts[3] = {{head, sizeof head}, {(void *)name, head[1]}, {(void *)data, size}};
    ssize_t written = REAL(ssize_t, "writev", int, const struct iovec *, int)(notes, parts, 3);
    if (written != (ssize_t)(sizeof head + head[1] + size)) abort();
}

/* An operation on an open file and its note, which no other thread comes between. */
#define NOTED(type, failed, fd, call, noting)     \
    char name[PATH_MAX];                          \
    if (!lies_within(fd, name)) return call;      \
    pthread_mutex_lock(&turn);                    \
    type done = call;                             \
    if (done != failed) noting;                   \
    pthread_mutex_unlock(&turn);                  \
    return done;

#define PWRITE(symbol)                                                                            \
    ssize_t symbol(int fd, const void *data, size_t size, off_t offset) {                         \
        NOTED(ssize_t, -1, fd,                                                                    \
              REAL(ssize_t, #symbol, int, const void *, size_t, off_t)(fd, data, size, offset),   \
              note(WRITE, name, offset, data, done))                                              \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int fd, const void *data, size_t size) {
    NOTED(ssize_t, -1, fd, REAL(ssize_t, "write", int, const void *, size_t)(fd, data, size),
          note(WRITE, name, lseek(fd, 0, SEEK_CUR) - done, data, done))
}

#define SENDFILE(symbol)                                                                          \
    ssize_t symbol(int fd, int from, off_t *offset, size_t size) {                                \
        off_t began = offset ? *offset : lseek(from, 0, SEEK_CUR);                                \
        NOTED(ssize_t, -1, fd, REAL(ssize_t, #symbol, int, int, off_t *, size_t)(fd, from, offset, size), \
              sent(name, lseek(fd, 0, SEEK_CUR) - done, from, began, done))                       \
    }
static void sent(const char *name, uint64_t offset, int from, off_t began, size_t size) {
    void *data = malloc(size);
    if (size && pread(from, data, size, began) != (ssize_t)size) abort();
    note(WRITE, name, offset, data, size);
    free(data);
}
SENDFILE(sendfile)
SENDFILE(sendfile64)

#define FTRUNCATE(symbol)                                                                         \
    int symbol(int fd, off_t size) {                                                              \
        NOTED(int, -1, fd, REAL(int, #symbol, int, off_t)(fd, size), note(TRUNCATE, name, size, "", 0)) \
    }
FTRUNCATE(ftruncate)
FTRUNCATE(ftruncate64)

#define FSYNC(symbol)                                                                             \
    int symbol(int fd) { NOTED(int, -1, fd, REAL(int, #symbol, int)(fd), note(SYNC, name, 0, "", 0)) }
FSYNC(fsync)
FSYNC(fdatasync)

static int opened(int fd, int flags) {
    char name[PATH_MAX];
    if (flags & (O_CREAT | O_TRUNC) && lies_within(fd, name)) {
        note(CREATE, name, 0, "", 0);
        if (flags & O_TRUNC) note(TRUNCATE, name, 0, "", 0);
    }
    return fd;
}

#define MODE                                      \
    mode_t mode = 0;                              \
    if (__OPEN_NEEDS_MODE(flags)) {               \
        va_list more;                             \
        va_start(more, flags);                    \
        mode = va_arg(more, mode_t);              \
        va_end(more);                             \
    }
#define OPEN(symbol)                                                                              \
    int symbol(const char *path, int flags, ...) {                                                \
        MODE return opened(REAL(int, #symbol, const char *, int, ...)(path, flags, mode), flags); \
    }
OPEN(open)
OPEN(open64)
#define OPENAT(symbol)                                                                            \
    int symbol(int at, const char *path, int flags, ...) {                                        \
        MODE return opened(REAL(int, #symbol, int, const char *, int, ...)(at, path, flags, mode), flags); \
    }
OPENAT(openat)
OPENAT(openat64)

static int unlinked(int at, const char *path, int flags) {
    char name[PATH_MAX];
    int ours = !(flags & AT_REMOVEDIR) && path_within(at, path, name);
    if (ours) pthread_mutex_lock(&turn);
    int done = REAL(int, "unlinkat", int, const char *, int)(at, path, flags);
    if (ours && !done) note(UNLINK, name, 0, "", 0);
    if (ours) pthread_mutex_unlock(&turn);
    return done;
}

int unlink(const char *path) { return unlinked(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlinked(at, path, flags); }

/* Two names: what was called the first is now called the second, or has both. */
static int named(int kind, int at, const char *path, int other, const char *to) {
    char name[PATH_MAX], new[PATH_MAX];
    int ours = path_within(at, path, name);
    pthread_mutex_lock(&turn);
    int done = kind == RENAME ? REAL(int, "renameat", int, const char *, int, const char *)(at, path, other, to)
                              : REAL(int, "linkat", int, const char *, int, const char *, int)(at, path, other, to, 0);
    if (!done && ours && path_within(other, to, new)) note(kind, name, 0, new, strlen(new));
    pthread_mutex_unlock(&turn);
    return done;
}

int rename(const char *path, const char *to) { return named(RENAME, AT_FDCWD, path, AT_FDCWD, to); }
int renameat(int at, const char *path, int other, const char *to) { return named(RENAME, at, path, other, to); }
int link(const char *path, const char *to) { return named(LINK, AT_FDCWD, path, AT_FDCWD, to); }
int linkat(int at, const char *path, int other, const char *to, int flags) {
    return flags ? REAL(int, "linkat", int, const char *, int, const char *, int)(at, path, other, to, flags)
                 : named(LINK, at, path, other, to);
}
