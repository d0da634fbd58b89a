/* The objects of one resource as they are now, kept up to date by a watch: read at any time without asking anybody.
 *
 *   static void changed(cleat_informer* pods, const cleat_object* pod, int is_there) { … }
 *
 *   plugin->pods.self = self;
 *   plugin->pods.of = (cleat_resource){"", "v1", "pods"};
 *   plugin->pods.changed = changed;
 *   cleat_watch(&plugin->pods);           and in `stop`: cleat_forget(&plugin->pods);
 *
 *   for (size_t i = 0; i < plugin->pods.count; ++i) … plugin->pods.each[i] …, in the order of namespaces and names
 *
 * Its events come as those of any waiter (<cleat/c/wait.h>). */
#ifndef CLEAT_C_INFORMER_H
#define CLEAT_C_INFORMER_H

#include <cleat/c/cluster.h>

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLEAT_KEY = 320 }; /* NAMESPACE/NAME with its end */

typedef struct cleat_informer {
  cleat_waiter watching, retrying;
  cleat_self self;
  cleat_resource of;
  const char *label_selector, *field_selector; /* null: all */
  /* What has come, or is another than before, or (is_there 0) is gone, as it was last. May be null. */
  void (*changed)(struct cleat_informer* informer, const cleat_object* object, int is_there);
  /* All that there was at the beginning has come; once. May be null. */
  void (*synced)(struct cleat_informer* informer);
  void* owner;
  cleat_object* each;
  size_t count;
  unsigned char* is_old_; /* of each: not told again since the watch began anew */
  size_t room_;
  int is_synced;
} cleat_informer;

/* "NAMESPACE/NAME", or "/NAME". */
static inline void cleat_key(cleat_words object, char key[CLEAT_KEY]) {
  snprintf(key, CLEAT_KEY, "%s/%s", cleat_namespace(object), cleat_name(object));
}

/* Where it is or would be. */
static inline size_t cleat_find_(const cleat_informer* informer, const char* ns, const char* name, int* is_there) {
  size_t low = 0, high = informer->count;
  *is_there = 0;
  while (low < high && !*is_there) {
    const size_t middle = (low + high) / 2;
    int order = strcmp(cleat_namespace(informer->each[middle].words), ns);
    if (order == 0) order = strcmp(cleat_name(informer->each[middle].words), name);
    if (order == 0) {
      *is_there = 1;
      low = middle;
    } else if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/* Null: there is none. Good until the next event. */
static inline const cleat_object* cleat_known(const cleat_informer* informer, const char* key) {
  char ns[CLEAT_KEY];
  const char* slash = strchr(key, '/');
  const size_t length = slash ? (size_t)(slash - key) : 0;
  int is_there;
  size_t at;
  if (!slash || length >= sizeof ns) return NULL;
  memcpy(ns, key, length);
  ns[length] = 0;
  at = cleat_find_(informer, ns, slash + 1, &is_there);
  return is_there ? &informer->each[at] : NULL;
}

static inline void cleat_put_(cleat_informer* informer, const cleat_object* object) {
  int is_there;
  const size_t at = cleat_find_(informer, cleat_namespace(object->words), cleat_name(object->words), &is_there);
  if (!is_there && informer->count == informer->room_) {
    const size_t room = informer->room_ ? informer->room_ * 2 : 64;
    cleat_object* each = (cleat_object*)realloc(informer->each, room * sizeof *each);
    unsigned char* is_old = each ? (unsigned char*)realloc(informer->is_old_, room) : NULL;
    if (each) informer->each = each;
    if (is_old) informer->is_old_ = is_old;
    if (!is_old) abort(); /* without memory it would tell what is not so */
    informer->room_ = room;
  }
  informer->self.host->retain(informer->self.context, object->ref);
  if (is_there) {
    informer->self.host->release(informer->self.context, informer->each[at].ref);
  } else {
    memmove(informer->each + at + 1, informer->each + at, (informer->count - at) * sizeof *informer->each);
    memmove(informer->is_old_ + at + 1, informer->is_old_ + at, informer->count - at);
    ++informer->count;
  }
  informer->each[at] = *object;
  informer->is_old_[at] = 0;
  if (informer->changed) informer->changed(informer, &informer->each[at], 1);
}

static inline void cleat_take_away_(cleat_informer* informer, size_t at) {
  const cleat_object gone = informer->each[at];
  --informer->count;
  memmove(informer->each + at, informer->each + at + 1, (informer->count - at) * sizeof *informer->each);
  memmove(informer->is_old_ + at, informer->is_old_ + at + 1, informer->count - at);
  if (informer->changed) informer->changed(informer, &gone, 0);
  informer->self.host->release(informer->self.context, gone.ref);
}

static inline void cleat_apply_(cleat_informer* informer, const cleat_change* change) {
  size_t i;
  int is_there;
  switch (change->type) {
    case CLEAT_CHANGE_ADDED:
    case CLEAT_CHANGE_MODIFIED: cleat_put_(informer, &change->object); break;
    case CLEAT_CHANGE_DELETED:
      i = cleat_find_(informer, cleat_namespace(change->object.words), cleat_name(change->object.words), &is_there);
      if (is_there) cleat_take_away_(informer, i);
      break;
    case CLEAT_CHANGE_RESTARTED:
      for (i = 0; i < informer->count; ++i) informer->is_old_[i] = 1;
      break;
    case CLEAT_CHANGE_SYNCED:
      for (i = informer->count; i > 0; --i) {
        if (informer->is_old_[i - 1]) cleat_take_away_(informer, i - 1);
      }
      if (!informer->is_synced) {
        informer->is_synced = 1;
        if (informer->synced) informer->synced(informer);
      }
      break;
    default: break; /* of a newer host */
  }
}

static inline void cleat_open_watch_(cleat_informer* informer) {
  uint64_t room[CLEAT_PARAMS_];
  cleat_builder params = cleat_into(room, CLEAT_PARAMS_);
  const cleat_place root = cleat_new_root(&params, wire_WatchParams_shape);
  cleat_set_ref_(root, informer->of, "", "", "");
  if (informer->label_selector) cleat_set_text(root, wire_WatchParams_labelSelector, informer->label_selector);
  if (informer->field_selector) cleat_set_text(root, wire_WatchParams_fieldSelector, informer->field_selector);
  cleat_ask_(informer->self, &informer->watching, wire_Cluster_watch, &params, NULL);
}

static inline void cleat_on_watch_(cleat_waiter* waiter, const cleat_event* event) {
  cleat_informer* informer = (cleat_informer*)waiter;
  uint64_t i;
  if (event->type == CLEAT_EVENT_REPLY) { /* it has failed, or nothing is granted yet: once more */
    for (i = 0; i < informer->count; ++i) informer->is_old_[i] = 1;
    cleat_after(informer->self, &informer->retrying, INT64_C(500000000));
    return;
  }
  for (i = 0; i < event->change_count; ++i) cleat_apply_(informer, &event->changes[i]);
}

static inline void cleat_on_retry_(cleat_waiter* waiter, const cleat_event* event) {
  (void)event;
  cleat_open_watch_((cleat_informer*)((char*)waiter - offsetof(cleat_informer, retrying)));
}

static inline void cleat_watch(cleat_informer* informer) {
  informer->watching.come = cleat_on_watch_;
  informer->retrying.come = cleat_on_retry_;
  cleat_open_watch_(informer);
}

/* When the plugin stops. */
static inline void cleat_forget(cleat_informer* informer) {
  size_t i;
  for (i = 0; i < informer->count; ++i) informer->self.host->release(informer->self.context, informer->each[i].ref);
  free(informer->each);
  free(informer->is_old_);
  informer->each = NULL;
  informer->is_old_ = NULL;
  informer->count = informer->room_ = 0;
}

#endif
