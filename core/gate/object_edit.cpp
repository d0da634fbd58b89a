#include "core/gate/object_edit.h"

#include <cleat/schema/kinds/open_v1.capnp.h>

#include <algorithm>
#include <optional>

#include "core/object/open/open_tree.h"
#include "core/object/words.h"

namespace cleat::gate {
namespace {

namespace words = object::words;
using Members = capnp::List<open_v1::JsonValue>;

std::string_view nameOf(open_v1::JsonValue::Reader member) {
  return {member.getName().cStr(), member.getName().size()};
}

// The members of an open object, without and with one by a name.
Members::Reader membersOf(const Message& message) { return message.root<open_v1::OpenObject>().getMembers(); }

std::optional<open_v1::JsonValue::Reader> memberOf(Members::Reader members, std::string_view name) {
  for (auto member : members) {
    if (nameOf(member) == name) return member;
  }
  return std::nullopt;
}

// The members of two open objects, which are sorted.
bool sameTrees(const words::ListView& a, const words::ListView& b, std::string_view except) {
  auto nameAt = [](const words::ListView& members, uint32_t i) { return object::TreeView(members.element(i)).name(); };
  uint32_t i = 0, j = 0;
  for (;; ++i, ++j) {
    if (i < a.count && nameAt(a, i) == except) ++i;
    if (j < b.count && nameAt(b, j) == except) ++j;
    if (i == a.count || j == b.count) return i == a.count && j == b.count;
    if (!words::sameStruct(a.element(i), b.element(j))) return false;
  }
}

// Gives an open object other members: those it has but for `name`, and `value` under that name, if there is one.
void setMember(open_v1::OpenObject::Builder object, std::string_view name,
               std::optional<open_v1::JsonValue::Reader> value) {
  std::vector<open_v1::JsonValue::Reader> wanted;
  for (auto member : object.asReader().getMembers()) {
    if (nameOf(member) != name) wanted.push_back(member);
  }
  if (value) wanted.insert(std::ranges::lower_bound(wanted, name, {}, nameOf), *value);
  auto orphan =
      capnp::Orphanage::getForMessageContaining(object).newOrphan<Members>(static_cast<unsigned>(wanted.size()));
  for (unsigned i = 0; i < wanted.size(); ++i) orphan.get().setWithCaveats(i, wanted[i]);
  object.adoptMembers(std::move(orphan));
}

bool isTree(const Kind& kind, std::string_view field) { return kind.open && field != "metadata"; }

std::optional<capnp::StructSchema::Field> findField(const Kind& kind, std::string_view name) {
  KJ_IF_MAYBE (field, kind.schema.findFieldByName(kj::StringPtr(std::string(name).c_str()))) {
    return *field;
  }
  return std::nullopt;
}

uint32_t pointerIndex(const Kind& kind, std::string_view name) {
  auto field = findField(kind, name);
  return field ? field->getProto().getSlot().getOffset() : UINT32_MAX;
}

// Where metadata has a number among its words, or anything else among its pointers.
uint32_t placeOf(const char* field) {
  return capnp::Schema::from<meta_v1::ObjectMeta>().getFieldByName(field).getProto().getSlot().getOffset();
}

uint32_t revisionWord() {
  static const uint32_t kWord = placeOf("resourceVersion");
  return kWord;
}

words::StructView metadataOf(const Message& message) {
  return words::structAt(words::rootOf(message.words()).pointer(0)).value_or(words::StructView{});
}

// Whether the number could be put in place: there are words for it, and nobody else has the message.
bool putNumber(const Message& message, uint32_t word, uint64_t number) {
  const words::StructView metadata = metadataOf(message);
  if (!message.unique() || word >= metadata.dataWords) return false;
  const_cast<uint64_t*>(metadata.data)[word] = number;
  return true;
}

}  // namespace

ObjectEdit::ObjectEdit(const Kind& kind, const Message& message) : kind_(kind), builder_(message) {}

meta_v1::ObjectMeta::Builder ObjectEdit::meta() { return builder_.getRoot<meta_v1::AnyObject>().getMetadata(); }

bool ObjectEdit::clear(std::string_view name) {
  if (isTree(kind_, name)) {
    setMember(builder_.getRoot<open_v1::OpenObject>(), name, std::nullopt);
    return true;
  }
  auto field = findField(kind_, name);
  if (field) builder_.getRoot<capnp::DynamicStruct>(kind_.schema).clear(*field);
  return field.has_value();
}

bool ObjectEdit::copyField(std::string_view name, const Message& from) {
  if (isTree(kind_, name)) {
    setMember(builder_.getRoot<open_v1::OpenObject>(), name, memberOf(membersOf(from), name));
    return true;
  }
  auto field = findField(kind_, name);
  if (!field) return false;
  auto target = builder_.getRoot<capnp::DynamicStruct>(kind_.schema);
  auto source = anyRoot(from).as<capnp::DynamicStruct>(kind_.schema);
  if (source.has(*field)) {
    target.set(*field, source.get(*field));
  } else {
    target.clear(*field);
  }
  return true;
}

void ObjectEdit::copyMember(std::string_view field, std::string_view member, const Message& from) {
  auto outer = findField(kind_, field);
  if (!outer || !outer->getType().isStruct()) return;
  KJ_IF_MAYBE (inner, outer->getType().asStruct().findFieldByName(kj::StringPtr(std::string(member).c_str()))) {
    auto source = anyRoot(from).as<capnp::DynamicStruct>(kind_.schema);
    auto target = builder_.getRoot<capnp::DynamicStruct>(kind_.schema);
    const bool there = source.has(*outer) && source.get(*outer).as<capnp::DynamicStruct>().has(*inner);
    if (!there && !target.has(*outer)) return;
    auto to = target.get(*outer).as<capnp::DynamicStruct>();
    if (there) {
      to.set(*inner, source.get(*outer).as<capnp::DynamicStruct>().get(*inner));
    } else {
      to.clear(*inner);
    }
  }
}

void ObjectEdit::copyMetadata(std::string_view name, const Message& from) {
  capnp::DynamicStruct::Builder to = meta();
  capnp::DynamicStruct::Reader source = from.meta();
  auto field = to.getSchema().getFieldByName(kj::StringPtr(std::string(name).c_str()));
  if (source.has(field)) {
    to.set(field, source.get(field));
  } else {
    to.clear(field);
  }
}

Ref<Message> ObjectEdit::finish() { return builder_.finish(); }

Ref<Message> withRevision(const Kind& kind, Ref<const Message> message, uint64_t revision) {
  if (putNumber(*message, revisionWord(), revision)) return Message::own(std::move(message));
  ObjectEdit edit(kind, *message);
  edit.meta().setResourceVersion(revision);
  return edit.finish();
}

Ref<Message> withGeneration(const Kind& kind, Ref<const Message> message, int64_t generation) {
  static const uint32_t kWord = placeOf("generation");
  if (putNumber(*message, kWord, static_cast<uint64_t>(generation))) return Message::own(std::move(message));
  ObjectEdit edit(kind, *message);
  edit.meta().setGeneration(generation);
  return edit.finish();
}

capnp::AnyStruct::Reader anyRoot(const Message& message) {
  return capnp::readMessageUnchecked<capnp::AnyStruct>(reinterpret_cast<const capnp::word*>(message.words().data()));
}

bool sameDesiredState(const Kind& kind, const Message& a, const Message& b) {
  const words::StructView left = words::rootOf(a.words()), right = words::rootOf(b.words());
  if (kind.open) {
    return sameTrees(object::openMembers(left), object::openMembers(right),
                     kind.hasStatus ? "status" : std::string_view());
  }
  return words::sameStruct(left, right,
                           {.pointer1 = 0, .pointer2 = kind.hasStatus ? pointerIndex(kind, "status") : UINT32_MAX});
}

bool sameField(const Kind& kind, std::string_view field, const Message& a, const Message& b) {
  const words::StructView left = words::rootOf(a.words()), right = words::rootOf(b.words());
  if (isTree(kind, field)) {
    const auto one = object::memberOf(object::openMembers(left), field);
    const auto other = object::memberOf(object::openMembers(right), field);
    return one.has_value() == other.has_value() && (!one || one->same(*other));
  }
  const uint32_t index = pointerIndex(kind, field);
  return words::samePointer(left.pointer(index), right.pointer(index));
}

bool sameObject(const Message& a, const Message& b) {
  return words::sameStruct(words::rootOf(a.words()), words::rootOf(b.words()), {.pointer1 = 0}) &&
         words::sameStruct(metadataOf(a), metadataOf(b), {.word = revisionWord()});
}

bool sameButForOwners(const Message& a, const Message& b) {
  static const uint32_t kOwners = placeOf("managedFields");
  const words::StructView left = words::rootOf(a.words()), right = words::rootOf(b.words());
  return words::sameStruct(left, right, {.pointer1 = 0}) &&
         words::sameStruct(metadataOf(a), metadataOf(b), {.pointer1 = kOwners, .word = revisionWord()});
}

bool emptyList(const Kind& kind, const Message& message, std::string_view outer, std::string_view inner) {
  auto field = kind.open ? std::nullopt : findField(kind, outer);
  if (!field) return true;
  auto root = anyRoot(message).as<capnp::DynamicStruct>(kind.schema);
  if (!root.has(*field)) return true;
  auto nested = root.get(*field).as<capnp::DynamicStruct>();
  KJ_IF_MAYBE (list, nested.getSchema().findFieldByName(kj::StringPtr(std::string(inner).c_str()))) {
    return !nested.has(*list) || nested.get(*list).as<capnp::DynamicList>().size() == 0;
  }
  return true;
}

}  // namespace cleat::gate
