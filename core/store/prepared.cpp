#include "core/store/prepared.h"

#include <capnp/any.h>
#include <capnp/message.h>

#include <charconv>

#include "core/base/check.h"

namespace cleat::store {

using object::Message;

namespace {

// Where metadata.resourceVersion stands in the message: the first word of the data of ObjectMeta, which the schema's
// frozen layout assures (a test compares). Null where the message has no room for it, as a zero may have been left out.
uint64_t* revisionWord(Message& message) {
  capnp::AnyStruct::Reader meta = message.meta();
  auto data = meta.getDataSection();
  if (data.size() < sizeof(uint64_t)) return nullptr;
  auto words = reinterpret_cast<const uint64_t*>(data.begin());
  auto held = message.words();
  if (words < held.data() || words >= held.data() + held.size()) return nullptr;
  return const_cast<uint64_t*>(words);
}

Ref<Message> withRoomForRevision(const Message& message) {
  capnp::MallocMessageBuilder builder;
  builder.setRoot(message.root<capnp::AnyStruct>());
  builder.getRoot<meta_v1::AnyObject>().getMetadata().setResourceVersion(~uint64_t{0});
  return Message::copy(builder.getRoot<capnp::AnyStruct>().asReader());
}

}  // namespace

Prepared prepare(const Kind& kind, std::string ns, std::string name, Ref<Message> message) {
  if (revisionWord(*message) == nullptr) message = withRoomForRevision(*message);
  Prepared prepared{.kind = object::KindRef::share(&kind), .ns = std::move(ns), .name = std::move(name)};
  prepared.json = object::encode(kind, message->words(), true);
  prepared.message = std::move(message);
  return prepared;
}

Prepared prepareCopy(const object::Object& object) {
  return prepare(object.kind(), object.ns(), object.name(), Message::of(object.message()->words()));
}

ObjectRef seal(Prepared prepared, uint64_t revision) {
  CHECK(prepared.message->unique(), "a message that somebody else reads is not written into");
  uint64_t* word = revisionWord(*prepared.message);
  CHECK(word != nullptr, "`prepare` has made room for the revision");
  *word = revision;
  char digits[24];
  auto end = std::to_chars(digits, digits + sizeof digits, revision).ptr;
  std::string& json = prepared.json.json;
  CHECK(prepared.json.revisionOffset <= json.size(), "the JSON was encoded with a place for the revision");
  json.insert(prepared.json.revisionOffset, digits, static_cast<size_t>(end - digits));
  return makeRef<object::Object>(*prepared.kind, std::move(prepared.ns), std::move(prepared.name), revision,
                                 std::move(json), Ref<const Message>(std::move(prepared.message)));
}

}  // namespace cleat::store
