/* Files and programs, for plugins that look after a machine. All of it blocks: in cleat_blocking (<cleat/c/wait.h>)
 * what may take long. What fails is -1 or null, and errno says why. */
#ifndef CLEAT_C_FILE_H
#define CLEAT_C_FILE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The folder and those above it. */
static inline int cleat_make_folders(const char* path) {
  char part[4096];
  char* slash;
  if (strlen(path) >= sizeof part) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(part, path);
  for (slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    if (mkdir(part, 0755) != 0 && errno != EEXIST) return -1;
    *slash = '/';
  }
  return mkdir(part, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

/* All of it, with a zero byte behind; free() it. `size` may be null. */
static inline char* cleat_read_file(const char* path, size_t* size) {
  char* text = NULL;
  size_t used = 0, room = 0;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = file < 0 ? -1 : 1;
  while (got > 0) {
    if (used + 1 >= room) {
      char* more = (char*)realloc(text, room = room ? room * 2 : 4096);
      if (!more) break;
      text = more;
    }
    got = read(file, text + used, room - used - 1);
    if (got < 0 && errno == EINTR) {
      got = 1;
    } else if (got > 0) {
      used += (size_t)got;
    }
  }
  if (file >= 0) close(file);
  if (got != 0) {
    free(text);
    return NULL;
  }
  text[used] = 0;
  if (size) *size = used;
  return text;
}

/* Whoever reads it sees all of what it was or all of this, also after a crash. */
static inline int cleat_write_file(const char* path, const void* bytes, size_t size, unsigned mode) {
  char next[4096];
  const char* left = (const char*)bytes;
  int file, good;
  if ((size_t)snprintf(next, sizeof next, "%s.new", path) >= sizeof next) {
    errno = ENAMETOOLONG;
    return -1;
  }
  file = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (file < 0) return -1;
  while (size > 0) {
    const ssize_t written = write(file, left, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    left += written;
    size -= (size_t)written;
  }
  good = size == 0 && fsync(file) == 0;
  good = close(file) == 0 && good;
  return good && rename(next, path) == 0 ? 0 : -1;
}

/* The folder `name` of the folder `in` (AT_FDCWD: as the path says) and all that is in it; what is not there is
 * success. */
static inline int cleat_remove_tree_(int in, const char* name) {
  const int folder = openat(in, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR* entries = folder < 0 ? NULL : fdopendir(folder);
  const struct dirent* entry;
  int result = 0;
  if (folder < 0) return errno == ENOENT ? 0 : -1;
  if (!entries) {
    close(folder);
    return -1;
  }
  while ((entry = readdir(entries))) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (unlinkat(folder, entry->d_name, 0) == 0 || errno == ENOENT) continue;
    if ((errno != EISDIR && errno != EPERM) || cleat_remove_tree_(folder, entry->d_name) != 0) result = -1;
  }
  closedir(entries);
  return result == 0 && (unlinkat(in, name, AT_REMOVEDIR) == 0 || errno == ENOENT) ? 0 : -1;
}

static inline int cleat_remove_tree(const char* path) { return cleat_remove_tree_(AT_FDCWD, path); }

/* How a program ended, and what it said, as far as there is room. */
typedef struct cleat_output {
  int code; /* 128 and the signal's number where it was killed by one */
  int timed_out;
  size_t out_size, error_size;
  char out[16384], error[16384]; /* each ends with a zero byte */
} cleat_output;

static inline int64_t cleat_clock_ms_(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads from both until both have ended (1), or the time is up (0). */
static inline int cleat_read_both_(const int* pipes, cleat_output* output, int64_t until) {
  struct pollfd polled[2] = {{0, POLLIN, 0}, {0, POLLIN, 0}};
  int open_ends = 2, i;
  polled[0].fd = pipes[0];
  polled[1].fd = pipes[1];
  while (open_ends > 0) {
    const int64_t left = until - cleat_clock_ms_();
    if (left <= 0 || (poll(polled, 2, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)) return 0;
    for (i = 0; i < 2; ++i) {
      char beyond[4096];
      char* into = i == 0 ? output->out : output->error;
      size_t* used = i == 0 ? &output->out_size : &output->error_size;
      const size_t room = sizeof output->out - 1 - *used;
      ssize_t got;
      if (polled[i].fd < 0 || !polled[i].revents) continue;
      got = read(polled[i].fd, room ? into + *used : beyond, room ? room : sizeof beyond);
      if (got > 0 && room) *used += (size_t)got;
      if (got > 0 || (got < 0 && errno == EINTR)) continue;
      polled[i].fd = -1;
      --open_ends;
    }
  }
  return 1;
}

/* Runs a program with its arguments and nothing in its environment but what `environment` says, and waits for its end;
 * one that takes longer is killed with what it has started. -1: it could not be started. */
static inline int cleat_run(char* const argv[], char* const environment[], int most_ms, cleat_output* output) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int out[2], error[2], pipes[2], status = 0, failed;
  pid_t child;
  memset(output, 0, sizeof *output);
  if (pipe(out) != 0) return -1;
  if (pipe(error) != 0) {
    close(out[0]);
    close(out[1]);
    return -1;
  }
  fcntl(out[0], F_SETFD, FD_CLOEXEC);
  fcntl(error[0], F_SETFD, FD_CLOEXEC);
  fcntl(out[1], F_SETFD, FD_CLOEXEC);
  fcntl(error[1], F_SETFD, FD_CLOEXEC);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  posix_spawn_file_actions_adddup2(&actions, error[1], 2);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP); /* a group of its own, to be killed as one */
  failed = posix_spawn(&child, argv[0], &actions, &attributes, argv, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(out[1]);
  close(error[1]);
  pipes[0] = out[0];
  pipes[1] = error[0];
  if (!failed) {
    output->timed_out = !cleat_read_both_(pipes, output, cleat_clock_ms_() + most_ms);
    if (output->timed_out) kill(-child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    output->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }
  close(out[0]);
  close(error[0]);
  if (failed) errno = failed;
  return failed ? -1 : 0;
}

#endif
