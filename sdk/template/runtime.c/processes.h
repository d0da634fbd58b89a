/* Containers as plain processes of the machine, each with a folder that says what was asked for and what has become of
 * it. They outlive the plugin: whoever reads the folders knows all there is to know. Everything here blocks. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include <cleat/c/file.h>
#include <cleat/c/role/runtime.h>

enum { PATH = 1024 };

/* Below `root` is all that is kept; `images` has a folder for each image. */
struct processes {
  char root[512], images[256];
};

/* What went wrong, in words; "": nothing. */
struct trouble {
  uint16_t code;
  char text[PATH + 256];
};

/* A command line, whose words are its own. */
struct line {
  char* each[256];
  int count;
};

int prepare(const struct processes* all);
/* "sandboxes" or "containers", whose id, and a file in there ("": the folder itself). */
void path_of(const struct processes* all, const char* which, const char* id, const char* file, char path[PATH]);
/* The ids that there are, at most `most`; free() each. */
int list_ids(const struct processes* all, const char* which, char** ids, int most);

/* The struct that was written to a file; `words->data` is to be freed, and null where there is none. */
cleat_struct load(const struct processes* all, const char* which, const char* id, cleat_words* words);

/* The folder of an image: its programs are in `bin`, and `run` is what it does unless a container says otherwise. */
int image_folder(const struct processes* all, const char* image, char path[PATH], struct trouble* trouble);

/* What is run for the container's command, or for another one in its place. */
int command_line(const struct processes* all, cleat_struct config, cleat_list other, struct line* line,
                 struct trouble* trouble);
void free_line(struct line* line);

/* Starts what the container's `config` says, and returns when it runs or has ended. */
void start_container(const struct processes* all, const char* id, struct trouble* trouble);
/* The signal, and SIGKILL when the time is up; returns when it has ended. */
void stop_container(const struct processes* all, const char* id, int64_t timeout_seconds, struct trouble* trouble);

/* When the file was written, in nanoseconds since 1970; 0: it is not there. */
int64_t written_at(const struct processes* all, const char* which, const char* id, const char* file);
int state_of(const struct processes* all, const char* id);     /* role_ContainerState_… */
int pid_of(const struct processes* all, const char* id);       /* 0: none runs */
int exit_code_of(const struct processes* all, const char* id); /* 255: nobody has seen how it ended */

#endif
