/* What crosses the ABI, read and written in plain C: flat Cap'n Proto messages, without any library.
 *
 * A schema's header (<cleat/c/role/admission.h>, <cleat/c/kinds/core_v1.h>, <cleat/c/bus.h>; sdk/schema says what each
 * field means) has a constant for every field, to be read by the function that fits its type, which stands beside it:
 *
 *   cleat_struct pod = cleat_root(event->payload.objects[0].words);
 *   cleat_list containers = cleat_get_list(cleat_get_struct(pod, core_v1_Pod_spec), core_v1_PodSpec_containers);
 *   for (uint32_t i = 0; i < containers.count; ++i)
 *     puts(cleat_get_text(cleat_nth_struct(containers, i), core_v1_Container_image));
 *
 * What is absent reads as a struct with nothing set, an empty list, "", 0. Texts end with a zero byte and live as long
 * as the message. Messages are written into words of the caller's:
 *
 *   uint64_t room[64];
 *   cleat_builder message = cleat_into(room, 64);
 *   cleat_set_text(cleat_new_root(&message, wire_Status_shape), wire_Status_message, "no");
 *   if (!message.failed) reply(cleat_message(&message));
 *
 * Where the room does not suffice `failed` is set, and nothing is written beyond it. */
#ifndef CLEAT_C_WIRE_H
#define CLEAT_C_WIRE_H

#include <cleat_abi.h>

#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "messages are little-endian; so has the machine to be"
#endif

/* A struct that is read: its words of plain values, behind which its pointers stand. */
typedef struct cleat_struct {
  const uint64_t* data;
  uint16_t words, pointers;
} cleat_struct;

/* A list that is read. `first` is the first element; of structs each has this form. */
typedef struct cleat_list {
  const uint64_t* first;
  uint32_t count;
  uint16_t words, pointers; /* 0 and 0: no structs */
  uint8_t bits;             /* of an element that is a plain value; 0: pointers or structs */
} cleat_list;

/* How much of each a struct has. */
typedef struct cleat_shape {
  uint16_t words, pointers;
} cleat_shape;

/* ------------------------------------------------------------------------------------ reading -- */

static inline const uint64_t* cleat_target_(const uint64_t* pointer) {
  return pointer + 1 + ((int32_t)(uint32_t)*pointer >> 2);
}

static inline cleat_struct cleat_struct_at_(const uint64_t* pointer) {
  cleat_struct none = {0, 0, 0}, some;
  if (!pointer || *pointer == 0 || (*pointer & 3) != 0) return none;
  some.data = cleat_target_(pointer);
  some.words = (uint16_t)(*pointer >> 32);
  some.pointers = (uint16_t)(*pointer >> 48);
  return some;
}

static inline cleat_list cleat_list_at_(const uint64_t* pointer) {
  static const uint8_t bits[] = {0, 1, 8, 16, 32, 64, 0, 0};
  cleat_list list = {0, 0, 0, 0, 0};
  unsigned size;
  if (!pointer || *pointer == 0 || (*pointer & 3) != 1) return list;
  size = (unsigned)(*pointer >> 32) & 7;
  list.first = cleat_target_(pointer);
  list.count = (uint32_t)(*pointer >> 35);
  list.bits = bits[size];
  if (size == 7) { /* before structs stands how many there are, and their form */
    list.count = (uint32_t)*list.first >> 2;
    list.words = (uint16_t)(*list.first >> 32);
    list.pointers = (uint16_t)(*list.first >> 48);
    ++list.first;
  }
  return list;
}

static inline const uint64_t* cleat_pointer_(cleat_struct of, uint32_t at) {
  return at < of.pointers ? of.data + of.words + at : 0;
}

static inline cleat_struct cleat_root(cleat_words message) {
  return cleat_struct_at_(message.count == 0 ? 0 : message.data);
}
static inline cleat_struct cleat_get_struct(cleat_struct of, uint32_t at) {
  return cleat_struct_at_(cleat_pointer_(of, at));
}
static inline cleat_list cleat_get_list(cleat_struct of, uint32_t at) { return cleat_list_at_(cleat_pointer_(of, at)); }
static inline int cleat_has(cleat_struct of, uint32_t at) {
  const uint64_t* pointer = cleat_pointer_(of, at);
  return pointer && *pointer != 0;
}
static inline cleat_bytes cleat_bytes_at_(const uint64_t* pointer) {
  cleat_list list = cleat_list_at_(pointer);
  cleat_bytes bytes;
  bytes.data = list.first;
  bytes.size = list.count;
  return bytes;
}
static inline cleat_bytes cleat_get_data(cleat_struct of, uint32_t at) {
  return cleat_bytes_at_(cleat_pointer_(of, at));
}
static inline const char* cleat_get_text(cleat_struct of, uint32_t at) {
  cleat_bytes bytes = cleat_get_data(of, at);
  return bytes.size == 0 ? "" : (const char*)bytes.data;
}

/* Numbers: `at` counts in the number's own size, as the schema's header does. */
#define CLEAT_READ_(name, type)                                               \
  static inline type cleat_get_##name(cleat_struct of, uint32_t at) {         \
    type value = 0;                                                           \
    if ((at + 1) * sizeof value <= of.words * sizeof(uint64_t))               \
      memcpy(&value, (const char*)of.data + at * sizeof value, sizeof value); \
    return value;                                                             \
  }
CLEAT_READ_(u8, uint8_t)
CLEAT_READ_(u16, uint16_t)
CLEAT_READ_(u32, uint32_t)
CLEAT_READ_(u64, uint64_t)
CLEAT_READ_(i8, int8_t)
CLEAT_READ_(i16, int16_t)
CLEAT_READ_(i32, int32_t)
CLEAT_READ_(i64, int64_t)
CLEAT_READ_(f32, float)
CLEAT_READ_(f64, double)
#undef CLEAT_READ_
static inline int cleat_get_bool(cleat_struct of, uint32_t at) { return cleat_get_u8(of, at / 8) >> at % 8 & 1; }

/* Elements of lists. `i` must be less than `count`. */
static inline cleat_struct cleat_nth_struct(cleat_list list, uint32_t i) {
  cleat_struct element;
  element.data = list.first + (uint64_t)i * (uint64_t)(list.words + list.pointers);
  element.words = list.words;
  element.pointers = list.pointers;
  return element;
}
static inline const char* cleat_nth_text(cleat_list list, uint32_t i) {
  cleat_bytes bytes = cleat_bytes_at_(list.first + i);
  return bytes.size == 0 ? "" : (const char*)bytes.data;
}
static inline cleat_bytes cleat_nth_data(cleat_list list, uint32_t i) { return cleat_bytes_at_(list.first + i); }
static inline uint16_t cleat_nth_u16(cleat_list list, uint32_t i) {
  uint16_t value;
  memcpy(&value, (const char*)list.first + i * sizeof value, sizeof value);
  return value;
}
static inline uint32_t cleat_nth_u32(cleat_list list, uint32_t i) {
  uint32_t value;
  memcpy(&value, (const char*)list.first + i * sizeof value, sizeof value);
  return value;
}

/* ------------------------------------------------------------------------------------ writing -- */

typedef struct cleat_builder {
  uint64_t* words;
  uint64_t used, room;
  int failed; /* the room did not suffice */
} cleat_builder;

/* A struct that is written. One for which there was no room takes nothing. */
typedef struct cleat_place {
  cleat_builder* in;
  uint64_t* data;
  cleat_shape shape;
} cleat_place;

/* Structs in a list that is written. */
typedef struct cleat_places {
  cleat_place first;
  uint32_t count;
} cleat_places;

static inline cleat_builder cleat_into(uint64_t* room, uint64_t words) {
  cleat_builder builder = {0, 1, 0, 0};
  builder.words = room;
  builder.room = words;
  builder.failed = words == 0;
  if (words > 0) room[0] = 0;
  return builder;
}

static inline cleat_words cleat_message(const cleat_builder* builder) {
  cleat_words words;
  words.data = builder->words;
  words.count = builder->failed ? 0 : builder->used;
  return words;
}

/* So many words with nothing in them, which `pointer` leads to by `lower` and `upper`. */
static inline uint64_t* cleat_take_(cleat_builder* in, uint64_t* pointer, uint64_t words, uint32_t lower,
                                    uint32_t upper) {
  uint64_t* taken;
  if (in->failed || words > in->room - in->used) {
    in->failed = 1;
    return 0;
  }
  taken = in->words + in->used;
  in->used += words;
  memset(taken, 0, words * sizeof *taken);
  /* What has no words at all points before itself, so that it differs from none. */
  *pointer = (uint64_t)upper << 32 | (uint32_t)((words == 0 ? -1 : (int32_t)(taken - pointer - 1)) * 4) | lower;
  return taken;
}

static inline cleat_place cleat_struct_into_(cleat_builder* in, uint64_t* pointer, cleat_shape shape) {
  cleat_place place;
  place.in = in;
  place.shape = shape;
  place.data = in->failed ? 0
                          : cleat_take_(in, pointer, (uint64_t)shape.words + shape.pointers, 0,
                                        shape.words | (uint32_t)shape.pointers << 16);
  return place;
}

static inline uint64_t* cleat_slot_(cleat_place of, uint32_t at) {
  return of.data && at < of.shape.pointers ? of.data + of.shape.words + at : 0;
}

static inline cleat_place cleat_new_root(cleat_builder* in, cleat_shape shape) {
  return cleat_struct_into_(in, in->words, shape);
}

static inline cleat_place cleat_new_struct(cleat_place of, uint32_t at, cleat_shape shape) {
  cleat_place none = {0, 0, {0, 0}};
  uint64_t* pointer = cleat_slot_(of, at);
  none.in = of.in;
  return pointer ? cleat_struct_into_(of.in, pointer, shape) : none;
}

static inline cleat_places cleat_new_structs(cleat_place of, uint32_t at, uint32_t count, cleat_shape shape) {
  cleat_places places = {{0, 0, {0, 0}}, 0};
  const uint64_t each = (uint64_t)shape.words + shape.pointers;
  uint64_t *pointer = cleat_slot_(of, at), *tag;
  places.first.in = of.in;
  if (!pointer) return places;
  tag = cleat_take_(of.in, pointer, 1 + each * count, 1, (uint32_t)(each * count) << 3 | 7);
  if (!tag) return places;
  *tag = (uint64_t)shape.pointers << 48 | (uint64_t)shape.words << 32 | count << 2;
  places.first.data = tag + 1;
  places.first.shape = shape;
  places.count = count;
  return places;
}

static inline cleat_place cleat_nth_place(cleat_places places, uint32_t i) {
  cleat_place place = places.first;
  if (i >= places.count) place.data = 0;
  if (place.data) place.data += i * ((uint64_t)place.shape.words + place.shape.pointers);
  return place;
}

static inline void cleat_text_into_(cleat_builder* in, uint64_t* pointer, const char* text) {
  const uint64_t size = strlen(text) + 1;
  uint64_t* taken = pointer ? cleat_take_(in, pointer, (size + 7) / 8, 1, (uint32_t)size << 3 | 2) : 0;
  if (taken) memcpy(taken, text, size);
}
static inline void cleat_set_text(cleat_place of, uint32_t at, const char* text) {
  cleat_text_into_(of.in, cleat_slot_(of, at), text);
}

/* Bytes; a list of numbers of one byte is the same. */
static inline void cleat_set_data(cleat_place of, uint32_t at, const void* bytes, uint64_t size) {
  uint64_t* pointer = cleat_slot_(of, at);
  uint64_t* taken = pointer ? cleat_take_(of.in, pointer, (size + 7) / 8, 1, (uint32_t)size << 3 | 2) : 0;
  if (taken && size > 0 && size >> 60 == 0) memcpy(taken, bytes, size);
}

/* A list of texts. */
static inline void cleat_set_texts(cleat_place of, uint32_t at, const char* const* texts, uint32_t count) {
  uint64_t* pointer = cleat_slot_(of, at);
  uint64_t* taken = pointer ? cleat_take_(of.in, pointer, count, 1, count << 3 | 6) : 0;
  uint32_t i;
  for (i = 0; taken && i < count; ++i) cleat_text_into_(of.in, taken + i, texts[i]);
}

/* A list of enumerants, or of other numbers of this size. */
static inline void cleat_set_u16s(cleat_place of, uint32_t at, const uint16_t* values, uint32_t count) {
  uint64_t* pointer = cleat_slot_(of, at);
  uint64_t* taken = pointer ? cleat_take_(of.in, pointer, ((uint64_t)count + 3) / 4, 1, count << 3 | 3) : 0;
  if (taken) memcpy(taken, values, count * sizeof *values);
}

#define CLEAT_WRITE_(name, type)                                                 \
  static inline void cleat_set_##name(cleat_place of, uint32_t at, type value) { \
    if (of.data && (at + 1) * sizeof value <= of.shape.words * sizeof(uint64_t)) \
      memcpy((char*)of.data + at * sizeof value, &value, sizeof value);          \
  }
CLEAT_WRITE_(u8, uint8_t)
CLEAT_WRITE_(u16, uint16_t)
CLEAT_WRITE_(u32, uint32_t)
CLEAT_WRITE_(u64, uint64_t)
CLEAT_WRITE_(i8, int8_t)
CLEAT_WRITE_(i16, int16_t)
CLEAT_WRITE_(i32, int32_t)
CLEAT_WRITE_(i64, int64_t)
CLEAT_WRITE_(f32, float)
CLEAT_WRITE_(f64, double)
#undef CLEAT_WRITE_
static inline void cleat_set_bool(cleat_place of, uint32_t at, int value) {
  unsigned char* byte = (unsigned char*)of.data + at / 8;
  if (!of.data || at / 64 >= of.shape.words) return;
  *byte = (unsigned char)((*byte & ~(1u << at % 8)) | (value ? 1u : 0u) << at % 8);
}

#endif
