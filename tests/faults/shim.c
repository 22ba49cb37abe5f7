/*
 * Stands between a program and the C library (LD_PRELOAD), as the file that FAULT_SHIM names says. It
 *
 *   - counts the calls by which processes change anything outside of them, and writes down the first of them;
 *   - has one of these calls fail, or kills its process just before or after it;
 *   - sets the wall clock of its processes;
 *   - writes down how each change of files can be undone that was not flushed: what a power cut would take away.
 *
 * The file is mapped by all processes and by the test, which lays it out (see shim.py). A process knows how far below the
 * first one it stands: the driver of a run is 0, its agent 1, workers 2.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 1, WORDS = 2, PROCESSES = 4, DESCRIPTORS = 8 };
enum { NOTHING, KILL_BEFORE, KILL_AFTER, FAIL };
enum { WRITE, RESIZE, CREATE, REMOVE, RENAME, MAKE_DIRECTORY, REMOVE_DIRECTORY, FLUSH };

static const int64_t BILLION = 1000000000;
enum { MOST_PROCESSES = 4096, MOST_CALLS = 8192, ABOUT = 192, PATH = 256 };

struct call {
    int32_t pid, depth, began, ended, size;
    char name[20], about[ABOUT];
};

/* As shim.py packs it. */
static struct control {
    int64_t shift;           /* of the wall clock, in nanoseconds */
    int32_t depths;          /* the bits of those that are counted */
    int32_t kinds;           /* the bits of what is counted */
    int32_t number;          /* of the call at which something happens, from 1 */
    int32_t action;
    int32_t error;           /* that it fails with; 0: one that it may well meet */
    _Atomic int32_t count;
    _Atomic int32_t moment;  /* counts beginnings and ends of calls */
    _Atomic int32_t victim;  /* the process to which it happened */
    _Atomic int32_t known;   /* how many processes stand below */
    int32_t kills_all;       /* whether all processes are killed, and not the one alone */
    char skipped[PATH];      /* files that have this in their path are not counted */
    char watched[PATH];      /* the directory of which changes are written down; empty: none */
    char journal[PATH];
    char kept[PATH];         /* a directory for files that were removed or replaced */
    struct { int32_t pid, depth; } processes[MOST_PROCESSES];
    struct call calls[MOST_CALLS];
} *control;

static int depth;
static __thread int busy;

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* -- the place of this process ------------------------------------------------------------------------------------ */

static int depth_of(pid_t pid)
{
    for (int i = atomic_load(&control->known); i-- > 0;)
        if (i < MOST_PROCESSES && control->processes[i].pid == pid)
            return control->processes[i].depth;
    return -1;
}

static void stand_at(int place)
{
    int i = atomic_fetch_add(&control->known, 1);
    depth = place;
    if (i < MOST_PROCESSES) {
        control->processes[i].depth = place;
        control->processes[i].pid = getpid();
    }
}

static void in_a_child(void)
{
    busy = 0;
    stand_at(depth + 1);
}

/* For a process that was loaded long before, too. */
void shim_begin(const char *path)
{
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (mapped == MAP_FAILED)
        return;
    control = mapped;
    int own = depth_of(getpid());
    if (own >= 0)
        depth = own;
    else
        stand_at(depth_of(getppid()) + 1);
    pthread_atfork(NULL, NULL, in_a_child);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_SHIM");
    if (path)
        shim_begin(path);
}

/* -- how a change of files is undone ------------------------------------------------------------------------------ */

struct change {
    int32_t kind, path, other, kept, before, after; /* the lengths of what follows */
    uint64_t inode;
    int64_t offset, size;                           /* the size that it had */
};

static int is_watched(const char *path)
{
    size_t length = strlen(control->watched);
    return length && !strncmp(path, control->watched, length) && !strstr(path, " (deleted)");
}

static void path_of(int file, char *path)
{
    char link[40];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
}

static void absolute(int directory, const char *path, char *to)
{
    if (path[0] == '/') {
        snprintf(to, PATH_MAX, "%s", path);
        return;
    }
    char place[PATH_MAX];
    if (directory == AT_FDCWD) {
        if (!getcwd(place, sizeof place))
            place[0] = 0;
    } else
        path_of(directory, place);
    if (snprintf(to, PATH_MAX, "%s/%s", place, path) >= PATH_MAX)
        to[0] = 0;
}

static void note(struct change change, const char *path, const char *other, const char *kept, const void *before,
                 const void *after)
{
    change.path = strlen(path);
    change.other = strlen(other);
    change.kept = strlen(kept);
    struct iovec parts[] = {
        {&change, sizeof change}, {(void *)path, change.path},     {(void *)other, change.other},
        {(void *)kept, change.kept}, {(void *)before, change.before}, {(void *)after, change.after},
    };
    int saved = errno, file = open(control->journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0 || writev(file, parts, 6) < 0)
        abort();
    close(file);
    errno = saved;
}

/* What stands in a file from an offset on is about to be replaced by this, or to end there. */
static void note_content(int kind, const char *path, off_t offset, const struct iovec *parts, int count)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (!fstat(file, &about) && S_ISREG(about.st_mode)) {
        size_t length = 0;
        for (int i = 0; i < count; i++)
            length += parts[i].iov_len;
        size_t old = about.st_size <= offset ? 0 : (size_t)(about.st_size - offset);
        if (kind == WRITE && old > length)
            old = length;
        char *before = malloc(old + 1), *after = malloc(length + 1), *place = after;
        for (int i = 0; i < count; place += parts[i++].iov_len)
            memcpy(place, parts[i].iov_base, parts[i].iov_len);
        ssize_t had = pread(file, before, old, offset);
        note((struct change){kind, .before = had < 0 ? 0 : had, .after = length, .inode = about.st_ino,
                             .offset = offset, .size = about.st_size}, path, "", "", before, after);
        free(before);
        free(after);
    }
    close(file);
}

static void note_write(int file, off_t offset, const struct iovec *parts, int count)
{
    char path[PATH_MAX];
    path_of(file, path);
    if (is_watched(path)) {
        if (offset < 0)
            offset = lseek(file, 0, fcntl(file, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
        note_content(WRITE, path, offset, parts, count);
    }
}

static void note_size(int file, const char *named, off_t size)
{
    char path[PATH_MAX];
    if (named)
        absolute(AT_FDCWD, named, path);
    else
        path_of(file, path);
    if (is_watched(path))
        note_content(RESIZE, path, size, NULL, 0);
}

static void note_flush(int file, int result)
{
    char path[PATH_MAX];
    struct stat about;
    if (result)
        return;
    path_of(file, path);
    if (is_watched(path) && !fstat(file, &about))
        note((struct change){FLUSH, .inode = about.st_ino}, path, "", "", "", "");
}

/* A name is about to be given, taken away or replaced; the file that loses it is kept. */
static void note_name(int kind, int directory, const char *named, int other_directory, const char *other_named)
{
    static _Atomic int numbers;
    char path[PATH_MAX], other[PATH_MAX] = "", kept[PATH_MAX] = "";
    absolute(directory, named, path);
    if (other_named)
        absolute(other_directory, other_named, other);
    if (!is_watched(path) && !is_watched(other))
        return;
    struct stat about;
    const char *losing = kind == RENAME ? other : path;
    if ((kind == RENAME || kind == REMOVE) && !lstat(losing, &about)) {
        snprintf(kept, sizeof kept, "%s/%d-%d", control->kept, getpid(), atomic_fetch_add(&numbers, 1));
        if (linkat(AT_FDCWD, losing, AT_FDCWD, kept, 0))
            kept[0] = 0;
    }
    note((struct change){.kind = kind}, path, other, kept, "", "");
}

/* -- counting ----------------------------------------------------------------------------------------------------- */

struct point { int number; struct call *call; };

static void die(void)
{
    for (int i = atomic_load(&control->known); control->kills_all && i-- > 0;)
        if (i < MOST_PROCESSES && control->processes[i].pid != getpid())
            syscall(SYS_kill, control->processes[i].pid, SIGKILL);
    syscall(SYS_kill, getpid(), SIGKILL);
}

static struct point enter(const char *name, int kind, int file, const char *path, size_t size)
{
    struct point point = {0, NULL};
    char about[PATH_MAX] = "";
    if (!(control->kinds & kind) || !(control->depths >> depth & 1))
        return point;
    int saved = errno;
    if (path)
        absolute(file == -1 ? AT_FDCWD : file, path, about);
    else if (file >= 0)
        path_of(file, about);
    errno = saved;
    /* What is only in memory, such as a counter that wakes a process, has no disk that could be full. */
    if ((control->skipped[0] && strstr(about, control->skipped)) || !strncmp(about, "anon_inode:", 11))
        return point;
    point.number = atomic_fetch_add(&control->count, 1) + 1;
    if (point.number <= MOST_CALLS) {
        point.call = &control->calls[point.number - 1];
        point.call->pid = getpid();
        point.call->depth = depth;
        point.call->size = size > INT32_MAX ? INT32_MAX : size;
        snprintf(point.call->name, sizeof point.call->name, "%s", name);
        size_t length = strlen(about);
        snprintf(point.call->about, ABOUT, "%s", about + (length < ABOUT ? 0 : length - ABOUT + 1));
        point.call->began = atomic_fetch_add(&control->moment, 1) + 1;
    }
    if (point.number == control->number) {
        control->victim = getpid();
        if (control->action == KILL_BEFORE)
            die();
    }
    return point;
}

static int fails(struct point point, int error)
{
    if (!point.number || point.number != control->number || control->action != FAIL)
        return 0;
    errno = control->error ? control->error : error;
    return 1;
}

static void leave(struct point point)
{
    int saved = errno;
    if (point.call)
        point.call->ended = atomic_fetch_add(&control->moment, 1) + 1;
    if (point.number && point.number == control->number && control->action == KILL_AFTER && control->victim == getpid())
        die();
    errno = saved;
}

/* One call: counted, perhaps failing, and with the note that undoes it. */
#define CALL(type, name, parameters, arguments, kind, file, path, size, error, failed, before, after) \
    type name parameters \
    { \
        REAL(name); \
        if (!control || busy) \
            return real arguments; \
        struct point point = enter(#name, kind, file, path, size); \
        if (fails(point, error)) \
            return failed; \
        busy = 1; \
        before; \
        type result = real arguments; \
        after; \
        busy = 0; \
        leave(point); \
        return result; \
    }
#define QUIET (void)0

/* -- contents of files, and words to other processes -------------------------------------------------------------- */

static int kind_of(int file)
{
    struct stat about;
    return fstat(file, &about) || !(S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)) ? FILES : WORDS;
}

CALL(ssize_t, write, (int file, const void *data, size_t size), (file, data, size), kind_of(file), file, NULL, size, ENOSPC,
     -1, note_write(file, -1, &(struct iovec){(void *)data, size}, 1), QUIET)
CALL(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count), kind_of(file), file, NULL,
     count, ENOSPC, -1, note_write(file, -1, parts, count), QUIET)
CALL(ssize_t, pwrite, (int file, const void *data, size_t size, off_t at), (file, data, size, at), FILES, file, NULL, size,
     ENOSPC, -1, note_write(file, at, &(struct iovec){(void *)data, size}, 1), QUIET)
CALL(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t at), (file, data, size, at), FILES, file, NULL,
     size, ENOSPC, -1, note_write(file, at, &(struct iovec){(void *)data, size}, 1), QUIET)
CALL(ssize_t, pwritev, (int file, const struct iovec *parts, int count, off_t at), (file, parts, count, at), FILES, file,
     NULL, count, ENOSPC, -1, note_write(file, at, parts, count), QUIET)
CALL(int, ftruncate, (int file, off_t size), (file, size), FILES, file, NULL, size, ENOSPC, -1, note_size(file, NULL, size),
     QUIET)
CALL(int, ftruncate64, (int file, off64_t size), (file, size), FILES, file, NULL, size, ENOSPC, -1,
     note_size(file, NULL, size), QUIET)
CALL(int, truncate, (const char *path, off_t size), (path, size), FILES, -1, path, size, ENOSPC, -1,
     note_size(-1, path, size), QUIET)
CALL(int, truncate64, (const char *path, off64_t size), (path, size), FILES, -1, path, size, ENOSPC, -1,
     note_size(-1, path, size), QUIET)
CALL(int, fallocate, (int file, int mode, off_t at, off_t size), (file, mode, at, size), FILES, file, NULL, size, ENOSPC, -1,
     note_size(file, NULL, LONG_MAX), QUIET)
CALL(int, fallocate64, (int file, int mode, off64_t at, off64_t size), (file, mode, at, size), FILES, file, NULL, size,
     ENOSPC, -1, note_size(file, NULL, LONG_MAX), QUIET)
CALL(int, posix_fallocate, (int file, off_t at, off_t size), (file, at, size), FILES, file, NULL, size, ENOSPC, errno,
     note_size(file, NULL, LONG_MAX), QUIET)
CALL(int, posix_fallocate64, (int file, off64_t at, off64_t size), (file, at, size), FILES, file, NULL, size, ENOSPC, errno,
     note_size(file, NULL, LONG_MAX), QUIET)
CALL(int, fsync, (int file), (file), FILES, file, NULL, 0, EIO, -1, QUIET, note_flush(file, result))
CALL(int, fdatasync, (int file), (file), FILES, file, NULL, 0, EIO, -1, QUIET, note_flush(file, result))
CALL(ssize_t, send, (int end, const void *data, size_t size, int flags), (end, data, size, flags), WORDS, end, NULL, size,
     ENOBUFS, -1, QUIET, QUIET)
CALL(ssize_t, sendto, (int end, const void *data, size_t size, int flags, const struct sockaddr *to, socklen_t length),
     (end, data, size, flags, to, length), WORDS, end, NULL, size, ENOBUFS, -1, QUIET, QUIET)
CALL(ssize_t, sendmsg, (int end, const struct msghdr *message, int flags), (end, message, flags), WORDS, end, NULL, 0,
     ENOBUFS, -1, QUIET, QUIET)

/* -- names of files ----------------------------------------------------------------------------------------------- */

CALL(int, rename, (const char *from, const char *to), (from, to), FILES, -1, to, 0, ENOSPC, -1,
     note_name(RENAME, AT_FDCWD, from, AT_FDCWD, to), QUIET)
CALL(int, renameat, (int place, const char *from, int other, const char *to), (place, from, other, to), FILES, other, to, 0,
     ENOSPC, -1, note_name(RENAME, place, from, other, to), QUIET)
CALL(int, unlink, (const char *path), (path), FILES, -1, path, 0, EIO, -1, note_name(REMOVE, AT_FDCWD, path, 0, NULL), QUIET)
CALL(int, unlinkat, (int place, const char *path, int flags), (place, path, flags), FILES, place, path, 0, EIO, -1,
     note_name(flags & AT_REMOVEDIR ? REMOVE_DIRECTORY : REMOVE, place, path, 0, NULL), QUIET)
CALL(int, rmdir, (const char *path), (path), FILES, -1, path, 0, EIO, -1,
     note_name(REMOVE_DIRECTORY, AT_FDCWD, path, 0, NULL), QUIET)
CALL(int, mkdir, (const char *path, mode_t mode), (path, mode), FILES, -1, path, 0, ENOSPC, -1, QUIET,
     if (!result) note_name(MAKE_DIRECTORY, AT_FDCWD, path, 0, NULL))
CALL(int, mkdirat, (int place, const char *path, mode_t mode), (place, path, mode), FILES, place, path, 0, ENOSPC, -1, QUIET,
     if (!result) note_name(MAKE_DIRECTORY, place, path, 0, NULL))
CALL(int, link, (const char *from, const char *to), (from, to), FILES, -1, to, 0, ENOSPC, -1, QUIET,
     if (!result) note_name(CREATE, AT_FDCWD, to, 0, NULL))
CALL(int, linkat, (int place, const char *from, int other, const char *to, int flags), (place, from, other, to, flags), FILES,
     other, to, 0, ENOSPC, -1, QUIET, if (!result) note_name(CREATE, other, to, 0, NULL))
CALL(int, symlink, (const char *from, const char *to), (from, to), FILES, -1, to, 0, ENOSPC, -1, QUIET,
     if (!result) note_name(CREATE, AT_FDCWD, to, 0, NULL))
CALL(int, chmod, (const char *path, mode_t mode), (path, mode), FILES, -1, path, 0, EIO, -1, QUIET, QUIET)
CALL(int, fchmod, (int file, mode_t mode), (file, mode), FILES, file, NULL, 0, EIO, -1, QUIET, QUIET)
CALL(int, flock, (int file, int operation), (file, operation), FILES, file, NULL, 0, ENOLCK, -1, QUIET, QUIET)

/* Only what is opened for more than reading. */
#define OPENING(name, place, parameters, ...) \
    int name parameters \
    { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list more; \
            va_start(more, flags); \
            mode = va_arg(more, mode_t); \
            va_end(more); \
        } \
        if (!control || busy || !(flags & (O_WRONLY | O_RDWR | O_CREAT))) \
            return real(__VA_ARGS__, flags, mode); \
        struct point point = enter(#name, FILES, place, path, 0); \
        if (fails(point, EIO)) \
            return -1; \
        busy = 1; \
        int is_new = flags & O_CREAT && faccessat(place, path, F_OK, AT_SYMLINK_NOFOLLOW); \
        if (flags & O_TRUNC && !is_new) \
            note_size(-1, path, 0); \
        int result = real(__VA_ARGS__, flags, mode); \
        if (is_new && result >= 0) \
            note_name(CREATE, place, path, 0, NULL); \
        busy = 0; \
        leave(point); \
        return result; \
    }
OPENING(open, AT_FDCWD, (const char *path, int flags, ...), path)
OPENING(open64, AT_FDCWD, (const char *path, int flags, ...), path)
OPENING(openat, place, (int place, const char *path, int flags, ...), place, path)
OPENING(openat64, place, (int place, const char *path, int flags, ...), place, path)

/* -- descriptors and processes ------------------------------------------------------------------------------------ */

CALL(void *, mmap, (void *at, size_t size, int protection, int flags, int file, off_t offset),
     (at, size, protection, flags, file, offset), flags & MAP_SHARED ? DESCRIPTORS : 0, file, NULL, size, ENOMEM, MAP_FAILED,
     QUIET, QUIET)
CALL(void *, mmap64, (void *at, size_t size, int protection, int flags, int file, off64_t offset),
     (at, size, protection, flags, file, offset), flags & MAP_SHARED ? DESCRIPTORS : 0, file, NULL, size, ENOMEM, MAP_FAILED,
     QUIET, QUIET)
CALL(int, dup, (int file), (file), DESCRIPTORS, file, NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(int, dup3, (int file, int to, int flags), (file, to, flags), DESCRIPTORS, file, NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(int, pipe2, (int ends[2], int flags), (ends, flags), DESCRIPTORS, -1, NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(int, socketpair, (int domain, int kind, int protocol, int ends[2]), (domain, kind, protocol, ends), DESCRIPTORS, -1,
     NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(int, timerfd_create, (clockid_t clock, int flags), (clock, flags), DESCRIPTORS, -1, NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(int, epoll_create1, (int flags), (flags), DESCRIPTORS, -1, NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(int, inotify_init1, (int flags), (flags), DESCRIPTORS, -1, NULL, 0, EMFILE, -1, QUIET, QUIET)
CALL(pid_t, fork, (void), (), PROCESSES, -1, NULL, 0, EAGAIN, -1, QUIET, QUIET)
CALL(int, posix_spawn,
     (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
      char *const *words, char *const *environment),
     (pid, path, actions, attributes, words, environment), PROCESSES, -1, path, 0, EAGAIN, errno, QUIET, QUIET)

/* A function that comes back twice cannot be wrapped; a copy of the process does the same. */
pid_t vfork(void)
{
    return fork();
}

long syscall(long number, ...)
{
    REAL(syscall);
    long words[6];
    va_list more;
    va_start(more, number);
    for (int i = 0; i < 6; i++)
        words[i] = va_arg(more, long);
    va_end(more);
    struct point point = {0, NULL};
    if (number == SYS_pidfd_open) {
        point = enter("pidfd_open", DESCRIPTORS, -1, NULL, 0);
        if (fails(point, EMFILE))
            return -1;
    }
    long result = real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
    if (point.number)
        leave(point);
    return result;
}

/* -- the wall clock ----------------------------------------------------------------------------------------------- */

static void add_shift(time_t *seconds, long *rest, long unit)
{
    int64_t sum = *rest * (BILLION / unit) + control->shift % BILLION;
    *seconds += control->shift / BILLION + (sum >= BILLION) - (sum < 0);
    *rest = (sum + BILLION) % BILLION / (BILLION / unit);
}

int clock_gettime(clockid_t clock, struct timespec *moment)
{
    REAL(clock_gettime);
    int result = real(clock, moment);
    if (!result && control && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        add_shift(&moment->tv_sec, &moment->tv_nsec, BILLION);
    return result;
}

int gettimeofday(struct timeval *restrict moment, void *restrict zone)
{
    REAL(gettimeofday);
    int result = real(moment, zone);
    if (!result && control)
        add_shift(&moment->tv_sec, &moment->tv_usec, BILLION / 1000);
    return result;
}

time_t time(time_t *moment)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (moment)
        *moment = now.tv_sec;
    return now.tv_sec;
}
