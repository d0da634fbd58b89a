// SampleMessages: messages that a plugin may be handed although nobody would think of them: well-formed and of the
// shape that their schema says, as the host guarantees, with content that is anything at all. One seed gives the same
// ones.
#pragma once

#include <capnp/dynamic.h>

#include <random>
#include <string>

#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::app {

class SampleMessages {
 public:
  explicit SampleMessages(uint64_t seed) : random_(seed) {}

  Ref<const object::Message> any(capnp::StructSchema schema);
  // Of a version without most fields: what a much older caller sends.
  Ref<const object::Message> shortened(capnp::StructSchema schema);
  // An object that fits the kind, which nobody has validated; null where none was found.
  Ref<const object::Message> object(const object::Kind& kind, const std::string& ns, const std::string& name);

  uint64_t below(uint64_t bound) { return std::uniform_int_distribution<uint64_t>(0, bound - 1)(random_); }
  // In UTF-8: empty, short, long, strange.
  std::string text();
  std::string bytes();

 private:
  void fill(capnp::DynamicStruct::Builder builder, int depth);
  void fillField(capnp::DynamicStruct::Builder builder, capnp::StructSchema::Field field, int depth);
  void fillList(capnp::DynamicList::Builder list, capnp::Type element, int depth);
  capnp::DynamicValue::Reader scalar(capnp::Type type);

  std::mt19937_64 random_;
  bool plain_ = false;  // texts are such that they are JSON as well
  std::string text_;
};

}  // namespace cleat::app
