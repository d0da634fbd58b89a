// Server-side apply and field ownership (metadata.managedFields). The gate calls these between defaulting and
// admission; they decide nothing about who may write.
//
// Every create and update books what it changes under its writer. An object that carries no entries, because a client
// has taken them out or because it is older than the bookkeeping, gets none by updates; its first apply books what was
// there under "before-first-apply".
#pragma once

#include <string>
#include <vector>

#include "core/object/json/json_node.h"
#include "core/object/kind.h"
#include "core/object/message.h"

namespace cleat::object {

struct FieldWriter {
  std::string manager;      // the request's fieldManager
  std::string subresource;  // "status", "scale" …; empty for the object itself
  int64_t wallNanos = 0;
  bool force = false;  // take fields over from others
};

// The object as it is to be: `live` (null: there is none) with `applied` merged in, what its manager applied before and
// no longer does taken out, metadata.managedFields up to date; `live` itself where all is as it was. 409 with every
// conflict when another manager owns a field that would change: `Apply failed with 1 conflict: conflict with "kubectl"
// using apps/v1: .spec.replicas`.
Result<Ref<const Message>> applyFields(const Kind& kind, const Message* live, const JsonNode& applied,
                                       const FieldWriter& writer);

// `updated` with metadata.managedFields as they are after a write that made it of `live` (null: there was none).
// Entries that `updated` brings are taken for what they say, unless it came through a subresource; a single empty one
// means that all are forgotten.
//
// What is booked in another version of the resource, where only the plugin can convert to that, is left as it is by
// both: `otherVersions` says in which there is something, and `trackInVersion` books the write there as well.
Ref<const Message> trackUpdate(const Kind& kind, const Message* live, Ref<const Message> updated,
                               const FieldWriter& writer);

// By name ("autoscaling/v1"), each once.
std::vector<std::string> otherVersions(const Kind& kind, const Message& object);

// A write as it looks in another version: what was there before and what it has made of it.
struct WriteInVersion {
  std::string apiVersion;
  const Kind* kind = nullptr;  // null: there is no such version any more, and what is booked in it is nobody's
  Words before, after;
};
// `object`, which the write has made, with the entries of that version as they are after it. 409 as of applyFields if
// the write is an apply that does not insist and another manager owns there what it changes.
Result<Ref<const Message>> trackInVersion(const WriteInVersion& there, Ref<const Message> object,
                                          const FieldWriter& writer, bool applies);

}  // namespace cleat::object
