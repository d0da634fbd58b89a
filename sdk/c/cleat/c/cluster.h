/* The objects of the cluster: asked for, made, changed and deleted, as the plugin's own user and with no more than its
 * grants. Whoever waits for the answer (<cleat/c/wait.h>) is told once:
 *
 *   static const cleat_resource pods = {"", "v1", "pods"};
 *   cleat_update(self, &question->waiter, pods, cleat_message(&changed));
 *
 *   static void come(cleat_waiter* waiter, const cleat_event* event) {
 *     if (event->status != CLEAT_OK) … cleat_error_code(event), cleat_error(event) …
 *     else … event->payload.objects[0] …
 *   }
 */
#ifndef CLEAT_C_CLUSTER_H
#define CLEAT_C_CLUSTER_H

#include <cleat/c/kinds/meta_v1.h>
#include <cleat/c/wait.h>

typedef struct cleat_resource {
  const char *group, *version, *plural; /* {"apps", "v1", "deployments"}; the core group is "" */
} cleat_resource;

enum { CLEAT_PARAMS_ = 512 }; /* words: names and selectors */

static inline void cleat_set_ref_(cleat_place params, cleat_resource of, const char* ns, const char* name,
                                  const char* subresource) {
  const cleat_place ref = cleat_new_struct(params, 0, wire_ResourceRef_shape);
  cleat_set_text(ref, wire_ResourceRef_group, of.group);
  cleat_set_text(ref, wire_ResourceRef_version, of.version);
  cleat_set_text(ref, wire_ResourceRef_resource, of.plural);
  if (*subresource) cleat_set_text(ref, wire_ResourceRef_subresource, subresource);
  if (*ns) cleat_set_text(ref, wire_ResourceRef_namespace, ns);
  if (*name) cleat_set_text(ref, wire_ResourceRef_name, name);
}

static inline void cleat_ask_(cleat_self self, const cleat_waiter* waiter, uint32_t method, const cleat_builder* params,
                              const cleat_words* object) {
  cleat_object only = {{NULL, 0}, 0, NULL};
  cleat_payload payload = {{NULL, 0}, NULL, 0};
  payload.message = cleat_message(params);
  if (object) {
    only.words = *object;
    payload.objects = &only;
    payload.object_count = 1;
  }
  self.host->call(self.context, cleat_token(waiter), wire_Cluster_id, method, 0, &payload);
}

/* The metadata of an object of any kind: it is the first of its fields. */
static inline cleat_struct cleat_meta(cleat_words object) { return cleat_get_struct(cleat_root(object), 0); }
static inline const char* cleat_name(cleat_words object) {
  return cleat_get_text(cleat_meta(object), meta_v1_ObjectMeta_name);
}
static inline const char* cleat_namespace(cleat_words object) {
  return cleat_get_text(cleat_meta(object), meta_v1_ObjectMeta_namespace);
}

static inline void cleat_write_(cleat_self self, const cleat_waiter* waiter, uint32_t method, cleat_resource of,
                                const char* subresource, cleat_words object) {
  uint64_t room[CLEAT_PARAMS_];
  cleat_builder params = cleat_into(room, CLEAT_PARAMS_);
  cleat_set_ref_(cleat_new_root(&params, wire_WriteParams_shape), of, cleat_namespace(object), cleat_name(object),
                 subresource);
  cleat_ask_(self, waiter, method, &params, &object);
}

static inline void cleat_create(cleat_self self, const cleat_waiter* waiter, cleat_resource of, cleat_words object) {
  cleat_write_(self, waiter, wire_Cluster_create, of, "", object);
}
/* As it is to be, with all that it had: whoever made it from an older state is told (409). */
static inline void cleat_update(cleat_self self, const cleat_waiter* waiter, cleat_resource of, cleat_words object) {
  cleat_write_(self, waiter, wire_Cluster_update, of, "", object);
}
static inline void cleat_update_status(cleat_self self, const cleat_waiter* waiter, cleat_resource of,
                                       cleat_words object) {
  cleat_write_(self, waiter, wire_Cluster_update, of, "status", object);
}
/* "binding", "eviction": the object is of the subresource's kind, with the name and namespace of what it is for. */
static inline void cleat_create_subresource(cleat_self self, const cleat_waiter* waiter, cleat_resource of,
                                            const char* subresource, cleat_words object) {
  cleat_write_(self, waiter, wire_Cluster_create, of, subresource, object);
}

static inline void cleat_get_object(cleat_self self, const cleat_waiter* waiter, cleat_resource of, const char* ns,
                                    const char* name) {
  uint64_t room[CLEAT_PARAMS_];
  cleat_builder params = cleat_into(room, CLEAT_PARAMS_);
  cleat_set_ref_(cleat_new_root(&params, wire_GetParams_shape), of, ns, name, "");
  cleat_ask_(self, waiter, wire_Cluster_get, &params, NULL);
}

static inline void cleat_delete(cleat_self self, const cleat_waiter* waiter, cleat_resource of, const char* ns,
                                const char* name) {
  uint64_t room[CLEAT_PARAMS_];
  cleat_builder params = cleat_into(room, CLEAT_PARAMS_);
  /* No grace period is said: 0 in the message is the default of its schema, -1. */
  cleat_set_ref_(cleat_new_root(&params, wire_DeleteParams_shape), of, ns, name, "");
  cleat_ask_(self, waiter, wire_Cluster_delete, &params, NULL);
}

/* Why a call has failed: 404, 409, …, and the words for it. */
static inline uint16_t cleat_error_code(const cleat_event* event) {
  return cleat_get_u16(cleat_root(event->payload.message), wire_Status_code);
}
static inline const char* cleat_error(const cleat_event* event) {
  return cleat_get_text(cleat_root(event->payload.message), wire_Status_message);
}

#endif
