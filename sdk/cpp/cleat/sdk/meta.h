// The idioms of Kubernetes metadata: labels and annotations, boxes, conditions, owners, finalizers, deletion. They work
// on the readers and builders of the generated schemas, so on an Object, on a Draft and on parts of them alike.
#pragma once

#include <capnp/any.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <optional>
#include <string>
#include <string_view>

namespace cleat {

// -- Maps: lists of entries sorted by key --

using TextMapReader = capnp::List<meta_v1::TextEntry>::Reader;

std::optional<std::string_view> lookup(TextMapReader map, std::string_view key);
// The value, or "" where there is none.
std::string_view valueIn(TextMapReader map, std::string_view key);

std::optional<std::string_view> label(meta_v1::ObjectMeta::Reader meta, std::string_view key);
std::optional<std::string_view> annotation(meta_v1::ObjectMeta::Reader meta, std::string_view key);
// Return whether anything changed. An absent value removes the key.
bool setLabel(meta_v1::ObjectMeta::Builder meta, std::string_view key, std::optional<std::string_view> value);
bool setAnnotation(meta_v1::ObjectMeta::Builder meta, std::string_view key, std::optional<std::string_view> value);

// `map` with one key set or (no value) removed, for the parent's adopt…().
capnp::Orphan<capnp::List<meta_v1::TextEntry>> withEntry(TextMapReader map, capnp::Orphanage orphanage,
                                                         std::string_view key, std::optional<std::string_view> value);
// All of `map` is in `within`.
bool isSubset(TextMapReader map, TextMapReader within);

// -- Boxes: a scalar whose absence means something. To set one: spec.initReplicas().setValue(3). --

template <class BoxReader>
bool isSet(BoxReader box) {
  return capnp::toAny(box).getDataSection().size() != 0;
}
template <class BoxReader, class V>
auto valueOr(BoxReader box, V fallback) -> decltype(box.getValue()) {
  return isSet(box) ? box.getValue() : static_cast<decltype(box.getValue())>(fallback);
}

// -- Conditions, of any kind's condition type --

template <class ListReader>
auto findCondition(ListReader conditions, std::string_view type) -> std::optional<decltype(conditions[0])> {
  for (auto condition : conditions) {
    if (view(condition.getType()) == type) return condition;
  }
  return std::nullopt;
}
template <class ListReader>
bool conditionIs(ListReader conditions, std::string_view type, std::string_view status) {
  auto found = findCondition(conditions, type);
  return found && view(found->getStatus()) == status;
}

struct ConditionUpdate {
  std::string type, status, reason, message;
  std::string lastTransitionTime;  // written only where the status changes; see formatTime
};

// Sets one condition in `parent` (a status with `conditions`), adding it if it is not there. lastTransitionTime changes
// only when the status does. Returns whether anything changed.
template <class C, class ParentBuilder>
bool setCondition(ParentBuilder parent, const ConditionUpdate& update) {
  std::optional<uint32_t> at;
  auto conditions = parent.asReader().getConditions();
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    if (view(conditions[i].getType()) == update.type) at = i;
  }
  bool transition = true;
  if (at) {
    auto old = conditions[*at];
    transition = view(old.getStatus()) != update.status;
    if (!transition && view(old.getReason()) == update.reason && view(old.getMessage()) == update.message) return false;
  } else {
    at = conditions.size();
    parent.adoptConditions(extended<C>(parent.disownConditions(), orphanageOf(parent), 1));
  }
  auto condition = parent.getConditions()[*at];
  condition.setType(update.type);
  condition.setStatus(update.status);
  condition.setReason(update.reason);
  condition.setMessage(update.message);
  if (transition) condition.setLastTransitionTime(update.lastTransitionTime);
  if constexpr (requires { condition.setLastUpdateTime(update.lastTransitionTime); }) {
    condition.setLastUpdateTime(update.lastTransitionTime);
  }
  return true;
}

// -- Owners --

// The owner that has `controller: true`.
std::optional<meta_v1::OwnerReference::Reader> controllerOf(meta_v1::ObjectMeta::Reader meta);
bool isControlledBy(meta_v1::ObjectMeta::Reader meta, std::string_view ownerUid);
// Makes `owner` the controlling owner (with blockOwnerDeletion), as controllers do with what they create.
void setController(meta_v1::ObjectMeta::Builder meta, const Resource& ownerKind, const AnyRef& owner);
template <class K>
void setController(meta_v1::ObjectMeta::Builder meta, const Object<K>& owner) {
  setController(meta, KindOf<K>::resource, owner);
}

// Takes away whatever the owner of this uid is said to be. Returns whether anything changed.
bool removeOwner(meta_v1::ObjectMeta::Builder meta, std::string_view ownerUid);

// -- Finalizers and deletion --

bool hasFinalizer(meta_v1::ObjectMeta::Reader meta, std::string_view finalizer);
// Return whether anything changed.
bool addFinalizer(meta_v1::ObjectMeta::Builder meta, std::string_view finalizer);
bool removeFinalizer(meta_v1::ObjectMeta::Builder meta, std::string_view finalizer);

inline bool deletionPending(meta_v1::ObjectMeta::Reader meta) { return meta.getDeletionTimestamp().size() != 0; }

}  // namespace cleat
