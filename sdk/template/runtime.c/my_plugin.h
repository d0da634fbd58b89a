/* What the parts of the plugin share: the role's methods are in my_plugin.c, what takes time or waits in work.c. */
#pragma once

#include <cleat/c/edit.h>
#include <cleat/c/file.h>
#include <cleat/c/wait.h>

#include "processes.h"

/* As long as ids get, and so many sandboxes and containers at most. */
enum { ID = 400, MOST = 1024 };

struct waiting;

struct plugin {
  cleat_self self;
  struct processes all;
  char address[64];
  char* running[MOST]; /* containers whose end is to be told */
  int running_count;
  uint64_t cursor;
  struct waiting* waiting; /* for events */
};

/* Calls that stop, start or run something: done beside the strand, and answered afterwards. */
void begin_work(struct plugin* plugin, const cleat_event* event);

void begin_events(struct plugin* plugin);
/* Waits until a container has ended that ran before. */
void wait_for_events(struct plugin* plugin, const cleat_event* event);
void end_events(struct plugin* plugin);
