/* The entire binary contract between the Cleat host and a plugin, in plain C.
 *
 * A plugin is one shared object. It exports one function, `cleat_plugin_v1`, that returns a static
 * table; the table names a static manifest. The host reads the manifest out of the file (ELF section
 * CLEAT_MANIFEST_SECTION) before any of the plugin's code runs, and refuses a wrong magic, another
 * major version or a newer minor version with both versions in the error.
 *
 * Three rules keep the contract small and let it live long:
 *   1. What crosses is flat Cap'n Proto messages, plain values and opaque handles. No C++ type, no
 *      exception and no allocator does. The messages' schemas (sdk/schema) grow by adding fields and
 *      methods; this header grows for what no message carries, such as a file descriptor.
 *   2. It is append-only within a major version. Every struct that may grow begins with its size as
 *      the side that fills it knows it; a reader looks at a member only if the size covers it.
 *   3. Memory belongs to whoever made it. A pointer passed into a call is borrowed until the call
 *      returns; the one thing that can be kept longer is an object, by retain and release.
 *
 * Threads: the host delivers events to an instance one at a time (the instance's strand), on any
 * thread. `post` and `log` may be called from any thread; every other host function only from within
 * `start` or `deliver` (thus also from coroutines that these resume). A plugin with
 * CLEAT_FLAG_CONCURRENT_CALLS takes CLEAT_EVENT_CALL events on any thread at any time, concurrently
 * with everything else, and may answer them with `reply` and use `retain`/`release` there.
 */
#ifndef CLEAT_ABI_H
#define CLEAT_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLEAT_ABI_MAJOR 1
#define CLEAT_ABI_MINOR 1

#define CLEAT_MANIFEST_MAGIC "CLEATPLG" /* eight bytes, no terminator */
#define CLEAT_MANIFEST_SECTION ".cleat.manifest"
#define CLEAT_PLUGIN_SYMBOL "cleat_plugin_v1"

/* ---------------------------------------------------------------------------------- manifest -- */

/* The plugin takes role calls on any thread, at any time (see "Threads" above). */
#define CLEAT_FLAG_CONCURRENT_CALLS 1u

/* All texts are NUL-terminated UTF-8. The struct holds no pointers, so it reads the same in the file
 * and in memory. */
typedef struct cleat_manifest {
  char magic[8];        /* CLEAT_MANIFEST_MAGIC */
  uint32_t struct_size; /* sizeof(cleat_manifest) */
  uint16_t abi_major;   /* CLEAT_ABI_MAJOR at the plugin's compilation */
  uint16_t abi_minor;
  uint32_t flags;    /* CLEAT_FLAG_… */
  uint32_t reserved; /* 0 */
  char name[64];     /* as operators type it: "scheduler-packing" */
  char version[32];
  char maturity[16];        /* "alpha", "beta" or "stable" */
  char roles[256];          /* space-separated: "kinds authenticator authorizer admission scheduler
                               controller runtime network proxy" */
  char grants[2048];        /* what the plugin asks to be allowed, a rule a line:
                               "GROUP RESOURCE[,RESOURCE…] VERB[,VERB…]", the core group written as "-".
                               An operator sees it before loading; the host grants nothing else. */
  char config_schema[4096]; /* its settings, one a line: "KEY TYPE DEFAULT # meaning" with TYPE string,
                               int, bool, duration or list; a setting that is not listed is refused */
} cleat_manifest;

/* ----------------------------------------------------------------------------------- messages -- */

typedef struct cleat_bytes {
  const void* data;
  uint64_t size; /* bytes */
} cleat_bytes;

/* A Cap'n Proto message: one segment, without a segment table, 8-byte aligned. What the host passes to
 * a plugin is well-formed (it may be read without bounds checks); what a plugin passes is checked. */
typedef struct cleat_words {
  const uint64_t* data;
  uint64_t count; /* words of eight bytes */
} cleat_words;

/* One object of the cluster at one revision. `ref` is the host's reference count (see `retain`); it is
 * null in objects that a plugin passes to the host. */
typedef struct cleat_object {
  cleat_words words; /* the kind's root struct */
  uint64_t revision; /* metadata.resourceVersion; 0 for one that was not stored */
  void* ref;
} cleat_object;

/* A call's parameters or results: a struct of the method's schema, and the objects that go with it. */
typedef struct cleat_payload {
  cleat_words message;
  const cleat_object* objects;
  uint64_t object_count;
} cleat_payload;

/* How a call ended, named for what the caller does next. For anything but CLEAT_OK the payload's message
 * is a `Status` (schema/bus.capnp) that says why, or is empty. */
typedef enum cleat_status {
  CLEAT_OK = 0,
  CLEAT_FAILED = 1,   /* give up: the same call will fail again */
  CLEAT_RETRY = 2,    /* try again later */
  CLEAT_NOT_MINE = 3, /* ask the next one in the chain */
  CLEAT_DENIED = 4    /* stop, and refuse the request this belongs to */
} cleat_status;

/* ------------------------------------------------------------------------- events to a plugin -- */

typedef enum cleat_event_type {
  CLEAT_EVENT_REPLY = 1,  /* a call that the plugin made has ended: token, status, payload */
  CLEAT_EVENT_CALL = 2,   /* the host calls one of the plugin's roles: token (the host's handle for
                             `reply`), interface_id, method, deadline, payload */
  CLEAT_EVENT_CANCEL = 3, /* a CALL's caller has gone: token as in the CALL; a reply is not needed */
  CLEAT_EVENT_WATCH = 4,  /* changes on a watch that the plugin opened: token, changes */
  CLEAT_EVENT_TIMER = 5,  /* a timer has fired: token */
  CLEAT_EVENT_POSTED = 6  /* `post` was called, or blocking work is done: token */
} cleat_event_type;

typedef enum cleat_change_type {
  CLEAT_CHANGE_ADDED = 1,
  CLEAT_CHANGE_MODIFIED = 2,
  CLEAT_CHANGE_DELETED = 3,  /* the object is its last state */
  CLEAT_CHANGE_SYNCED = 4,   /* everything that existed has been delivered; no object, only a revision.
                                Comes again later as a bookmark. */
  CLEAT_CHANGE_RESTARTED = 5 /* history was lost: forget what is not delivered again (as ADDED) before
                                the next SYNCED */
} cleat_change_type;

typedef struct cleat_change {
  uint32_t type; /* cleat_change_type */
  uint32_t reserved;
  cleat_object object;
} cleat_change;

typedef struct cleat_event {
  uint32_t struct_size;
  uint32_t type; /* cleat_event_type */
  uint64_t token;
  uint64_t interface_id; /* Cap'n Proto id of the role's interface */
  uint32_t method;       /* the method's ordinal in it */
  int32_t status;        /* cleat_status */
  int64_t deadline_ns;   /* on the clock of `now`; the caller stops waiting then */
  cleat_payload payload;
  const cleat_change* changes;
  uint64_t change_count;
  /* since 1.1 */
  int32_t stream; /* of a CALL with a stream: the descriptor of the called one's end, borrowed as all the rest is (who
                     wants it keeps a duplicate); 0: there is none */
  uint32_t reserved;
} cleat_event;

/* -------------------------------------------------------------------------- the host's functions -- */

typedef struct cleat_context cleat_context; /* the host's side of one plugin instance */

typedef enum cleat_log_level {
  CLEAT_LOG_DEBUG = 1,
  CLEAT_LOG_INFO = 2,
  CLEAT_LOG_WARN = 3,
  CLEAT_LOG_ERROR = 4
} cleat_log_level;

typedef struct cleat_host {
  uint32_t struct_size;
  uint16_t abi_major;
  uint16_t abi_minor;

  /* Writes a line to the host's log under the plugin's name. */
  void (*log)(cleat_context*, int32_t level, cleat_bytes message);

  /* Nanoseconds on a clock that never goes back (deadlines and timers are on it), and since the Unix
   * epoch. A simulated host may let them run at any speed: never read another clock. */
  int64_t (*now)(cleat_context*);
  int64_t (*wall_now)(cleat_context*);
  void (*random)(cleat_context*, void* out, uint64_t size);

  /* Delivers one CLEAT_EVENT_TIMER with `token` after `delay_ns`. */
  void (*timer)(cleat_context*, uint64_t token, int64_t delay_ns);

  /* Withdraws the timer, call or watch with `token`; no event for it comes afterwards. */
  void (*cancel)(cleat_context*, uint64_t token);

  /* Delivers one CLEAT_EVENT_POSTED with `token`. The only way into the strand from another thread. */
  void (*post)(cleat_context*, uint64_t token);

  /* Runs work(arg) on the host's pool for work that blocks, then delivers CLEAT_EVENT_POSTED with `token`;
   * neither, if the plugin stops before it begins. `work` must not call the host, except `post` and `log`. */
  void (*run_blocking)(cleat_context*, void (*work)(void*), void* arg, uint64_t token);

  /* Calls a method: of the interface `Cluster` (schema/bus.capnp) for the objects of the cluster, or of a
   * role's, which goes to whichever plugin fills the role. Ends with one CLEAT_EVENT_REPLY with `token`,
   * which may be delivered after `call` returns only. A `Cluster.watch` delivers CLEAT_EVENT_WATCH until it
   * is cancelled, and a REPLY only if it fails. `deadline_ns` 0: the host's default (30 s). */
  void (*call)(cleat_context*, uint64_t token, uint64_t interface_id, uint32_t method, int64_t deadline_ns,
               const cleat_payload* params);

  /* Ends a CLEAT_EVENT_CALL, once. Results are copied before it returns. */
  void (*reply)(cleat_context*, uint64_t call, int32_t status, const cleat_payload* results);

  /* Keeps an object that an event brought beyond the event, and lets it go. */
  void (*retain)(cleat_context*, void* ref);
  void (*release)(cleat_context*, void* ref);

  /* The plugin has caught up and fills its roles from now on (status CLEAT_OK), or it cannot start
   * (message: why). Called once, in `start` or later; role calls come only afterwards. */
  void (*ready)(cleat_context*, int32_t status, cleat_bytes message);

  /* since 1.1 */

  /* `call`, of a role, with a stream beside it: gives the caller's end of a connected stream socket, which is the
   * plugin's to close, and whose other end goes along to whoever is called. Bytes go both ways, and descriptors
   * (SCM_RIGHTS), with no more in between than the kernel's buffers hold. -1 when there is no socket to be had: then no
   * call is made, and no REPLY comes. When the call ends, however it does, so does the use of the stream: both sides
   * shut their ends down. */
  int32_t (*call_with_stream)(cleat_context*, uint64_t token, uint64_t interface_id, uint32_t method,
                              int64_t deadline_ns, const cleat_payload* params);
} cleat_host;

/* ------------------------------------------------------------------------ the plugin's functions -- */

typedef struct cleat_plugin {
  uint32_t struct_size;
  uint32_t reserved;
  const cleat_manifest* manifest;

  /* Makes an instance. `config` is a `PluginConfig` (schema/bus.capnp). The host table and the context
   * live until `stop` has returned. On failure returns another status than CLEAT_OK after logging why. */
  int32_t (*start)(const cleat_host*, cleat_context*, cleat_words config, void** instance);

  void (*deliver)(void* instance, const cleat_event*);

  /* Ends and frees the instance. Nothing is delivered afterwards and no host function may be called. */
  void (*stop)(void* instance);
} cleat_plugin;

/* The one exported symbol. */
typedef const cleat_plugin* (*cleat_plugin_function)(void);

#ifdef __cplusplus
}
#endif

#endif
