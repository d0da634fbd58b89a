// What the events of all recorders have in common.
#pragma once

#include <cleat/sdk/events.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <charconv>
#include <string>

namespace cleat::detail {

// The time makes the name.
inline void nameEvent(meta_v1::ObjectMeta::Builder meta, const ObjectReference& about, WallTime at) {
  char digits[20];
  const auto nanoseconds = static_cast<uint64_t>(at.time_since_epoch().count());
  const char* end = std::to_chars(digits, digits + sizeof digits, nanoseconds, 16).ptr;
  meta.setName(concat(about.name, ".", std::string_view(digits, end)));
  meta.setNamespace(about.ns.empty() ? std::string("default") : about.ns);
}

inline void fillReference(core_v1::ObjectReference::Builder to, const ObjectReference& from) {
  to.setApiVersion(from.apiVersion);
  to.setKind(from.kind);
  to.setNamespace(from.ns);
  to.setName(from.name);
  to.setUid(from.uid);
  to.setResourceVersion(from.resourceVersion);
  to.setFieldPath(from.fieldPath);
}

}  // namespace cleat::detail
