// ObjectEdit: an object while the gate works on it. Made from a message, changed through the generic builders, and
// a message again when it is passed on.
#pragma once

#include <capnp/any.h>
#include <capnp/dynamic.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <string>
#include <string_view>

#include "core/object/kind.h"
#include "core/object/message_buffer.h"

namespace cleat::gate {

using object::Kind;
using object::Message;

class ObjectEdit {
 public:
  ObjectEdit(const Kind& kind, const Message& message);

  meta_v1::ObjectMeta::Builder meta();
  // A top-level field of the kind, by its JSON name; false when the kind has none such.
  bool clear(std::string_view field);
  // Takes a top-level field over from another object of the kind.
  bool copyField(std::string_view field, const Message& from);
  // The same of a field of one that is a struct ("status", "certificate").
  void copyMember(std::string_view field, std::string_view member, const Message& from);
  // The same of a field of metadata, which every kind has.
  void copyMetadata(std::string_view field, const Message& from);
  Ref<Message> finish();  // once

 private:
  const Kind& kind_;
  object::MessageBuffer builder_;
};

// The object with that revision or generation: changed in place where nobody else has the message.
Ref<Message> withRevision(const Kind& kind, Ref<const Message> message, uint64_t revision);
Ref<Message> withGeneration(const Kind& kind, Ref<const Message> message, int64_t generation);

capnp::AnyStruct::Reader anyRoot(const Message& message);

// Whether two objects of a kind differ in anything but metadata and status: then metadata.generation is raised.
bool sameDesiredState(const Kind& kind, const Message& a, const Message& b);
// Whether a top-level field that is no scalar is the same in both, or the kind has none such.
bool sameField(const Kind& kind, std::string_view field, const Message& a, const Message& b);
// Whether they are equal altogether, but for metadata.resourceVersion.
bool sameObject(const Message& a, const Message& b);
// The same but for metadata.managedFields as well.
bool sameButForOwners(const Message& a, const Message& b);

// Whether the list of texts at a two-step path ("spec", "finalizers") is empty or absent.
bool emptyList(const Kind& kind, const Message& message, std::string_view field, std::string_view inner);

}  // namespace cleat::gate
