/* Objects that are changed: a copy of one, with room for more, of which the plugin sets what it wants and sends the
 * rest as it was.
 *
 *   cleat_builder copy = cleat_allocate(object->words.count + 256);
 *   cleat_place map = cleat_copy_root(&copy, object->words, core_v1_ConfigMap_shape);
 *   cleat_place meta = cleat_edit_struct(map, core_v1_ConfigMap_metadata, meta_v1_ObjectMeta_shape);
 *   cleat_set_entry(meta, meta_v1_ObjectMeta_annotations, "greeting", "hello");
 *   … cleat_message(&copy) …
 *   free(copy.words);
 *
 * What is set anew is written behind the rest; what was there before stays as dead words. */
#ifndef CLEAT_C_EDIT_H
#define CLEAT_C_EDIT_H

#include <cleat/c/kinds/meta_v1.h>
#include <cleat/c/wire.h>

#include <stdlib.h>

/* A builder with memory of its own; free(builder.words). Without memory it has failed. */
static inline cleat_builder cleat_allocate(uint64_t words) {
  uint64_t* room = (uint64_t*)malloc(words * sizeof *room);
  return cleat_into(room, room ? words : 0);
}

/* Pointers that lead where they led, from another place in the same message. */
static inline void cleat_move_pointers_(uint64_t* to, const uint64_t* from, uint32_t count) {
  uint32_t i;
  for (i = 0; i < count; ++i) {
    const int is_empty_struct = (from[i] & 3) == 0 && from[i] >> 32 == 0;
    const int64_t target = ((int32_t)(uint32_t)from[i] >> 2) + (from - to);
    to[i] =
        from[i] == 0 || is_empty_struct ? from[i] : (from[i] & ~UINT64_C(0xfffffffc)) | (uint32_t)((int32_t)target * 4);
  }
}

/* The struct behind a pointer, as large as `shape` at least: one that was made by an older schema is moved. */
static inline cleat_place cleat_edit_(cleat_builder* in, uint64_t* pointer, cleat_shape shape) {
  const cleat_struct old = cleat_struct_at_(pointer);
  cleat_place place;
  if (old.data && old.words >= shape.words && old.pointers >= shape.pointers) {
    place.in = in;
    place.data = (uint64_t*)old.data;
    place.shape.words = old.words;
    place.shape.pointers = old.pointers;
    return place;
  }
  if (shape.words < old.words) shape.words = old.words;
  if (shape.pointers < old.pointers) shape.pointers = old.pointers;
  place = cleat_struct_into_(in, pointer, shape);
  if (!place.data || !old.data) return place;
  memcpy(place.data, old.data, old.words * sizeof *place.data);
  cleat_move_pointers_(place.data + shape.words, old.data + old.words, old.pointers);
  return place;
}

/* Begins a message as a copy of another one. */
static inline cleat_place cleat_copy_root(cleat_builder* in, cleat_words message, cleat_shape shape) {
  if (in->failed || message.count > in->room) {
    in->failed = 1;
  } else if (message.count > 0) {
    memcpy(in->words, message.data, message.count * sizeof *in->words);
    in->used = message.count;
  }
  return cleat_edit_(in, in->failed ? NULL : in->words, shape);
}

/* A struct that is there, or a new one. */
static inline cleat_place cleat_edit_struct(cleat_place of, uint32_t at, cleat_shape shape) {
  uint64_t* pointer = cleat_slot_(of, at);
  cleat_place none = {0, 0, {0, 0}};
  none.in = of.in;
  return pointer ? cleat_edit_(of.in, pointer, shape) : none;
}

/* Reads what is written. */
static inline cleat_struct cleat_written(cleat_place place) {
  cleat_struct some = {0, 0, 0};
  if (place.data) {
    some.data = place.data;
    some.words = place.shape.words;
    some.pointers = place.shape.pointers;
  }
  return some;
}

/* The list of structs with `more` empty ones behind those that are there. */
static inline cleat_places cleat_more_structs(cleat_place of, uint32_t at, uint32_t more, cleat_shape shape) {
  const cleat_list old = cleat_get_list(cleat_written(of), at);
  cleat_places places;
  uint32_t i;
  if (shape.words < old.words) shape.words = old.words;
  if (shape.pointers < old.pointers) shape.pointers = old.pointers;
  places = cleat_new_structs(of, at, old.count + more, shape);
  for (i = 0; i < old.count && places.count > 0; ++i) {
    const cleat_struct from = cleat_nth_struct(old, i);
    const cleat_place to = cleat_nth_place(places, i);
    memcpy(to.data, from.data, from.words * sizeof *to.data);
    cleat_move_pointers_(to.data + shape.words, from.data + from.words, from.pointers);
  }
  return places;
}

/* ---------------------------------------------------------------- copies from another message -- */

static inline void cleat_copy_pointer_(cleat_builder* in, uint64_t* to, const uint64_t* from);

static inline void cleat_copy_struct_(cleat_builder* in, uint64_t* to, cleat_struct from) {
  uint32_t i;
  memcpy(to, from.data, from.words * sizeof *to);
  for (i = 0; i < from.pointers; ++i) cleat_copy_pointer_(in, to + from.words + i, from.data + from.words + i);
}

static inline void cleat_copy_pointer_(cleat_builder* in, uint64_t* to, const uint64_t* from) {
  static const uint8_t bits[] = {0, 1, 8, 16, 32, 64, 0, 0};
  const unsigned size = (unsigned)(*from >> 32) & 7;
  cleat_list list;
  uint32_t i;
  uint64_t* taken;
  if (*from == 0) return;
  if ((*from & 3) == 0) {
    const cleat_struct some = cleat_struct_at_(from);
    taken = cleat_take_(in, to, (uint64_t)some.words + some.pointers, 0, (uint32_t)(*from >> 32));
    if (taken) cleat_copy_struct_(in, taken, some);
    return;
  }
  list = cleat_list_at_(from);
  if (size == 7) {
    const uint64_t each = (uint64_t)list.words + list.pointers;
    taken = cleat_take_(in, to, 1 + each * list.count, 1, (uint32_t)(*from >> 32));
    if (!taken) return;
    taken[0] = list.first[-1];
    for (i = 0; i < list.count; ++i) cleat_copy_struct_(in, taken + 1 + i * each, cleat_nth_struct(list, i));
    return;
  }
  taken = cleat_take_(in, to, size == 6 ? list.count : ((uint64_t)list.count * bits[size] + 63) / 64, 1,
                      (uint32_t)(*from >> 32));
  if (!taken) return;
  if (size != 6) memcpy(taken, list.first, (size_t)(((uint64_t)list.count * bits[size] + 63) / 64 * 8));
  for (i = 0; size == 6 && i < list.count; ++i) cleat_copy_pointer_(in, taken + i, list.first + i);
}

/* Whatever a field of another message has: a text, a list, a struct, with all that is in it. */
static inline void cleat_set_copy(cleat_place of, uint32_t at, cleat_struct from, uint32_t from_at) {
  uint64_t* to = cleat_slot_(of, at);
  const uint64_t* pointer = cleat_pointer_(from, from_at);
  if (to && pointer) cleat_copy_pointer_(of.in, to, pointer);
}

/* ------------------------------------------------------------------- maps from text to text -- */

/* Of labels, annotations and their like; null: there is no such key. */
static inline const char* cleat_get_entry(cleat_struct of, uint32_t at, const char* key) {
  const cleat_list entries = cleat_get_list(of, at);
  uint32_t i;
  for (i = 0; i < entries.count; ++i) {
    const cleat_struct entry = cleat_nth_struct(entries, i);
    if (strcmp(cleat_get_text(entry, meta_v1_TextEntry_key), key) == 0)
      return cleat_get_text(entry, meta_v1_TextEntry_value);
  }
  return NULL;
}

static inline void cleat_set_entry(cleat_place of, uint32_t at, const char* key, const char* value) {
  const cleat_list entries = cleat_get_list(cleat_written(of), at);
  cleat_places more;
  cleat_place entry = {0, 0, {0, 0}};
  uint32_t i;
  for (i = 0; i < entries.count; ++i) {
    const cleat_struct old = cleat_nth_struct(entries, i);
    if (strcmp(cleat_get_text(old, meta_v1_TextEntry_key), key) != 0) continue;
    entry.in = of.in;
    entry.data = (uint64_t*)old.data;
    entry.shape.words = old.words;
    entry.shape.pointers = old.pointers;
    cleat_set_text(entry, meta_v1_TextEntry_value, value);
    return;
  }
  more = cleat_more_structs(of, at, 1, meta_v1_TextEntry_shape);
  entry = cleat_nth_place(more, entries.count);
  entry.in = of.in;
  cleat_set_text(entry, meta_v1_TextEntry_key, key);
  cleat_set_text(entry, meta_v1_TextEntry_value, value);
}

#endif
