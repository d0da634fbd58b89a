#include "core/object/apply/track.h"

#include <capnp/any.h>
#include <cleat/sdk/text.h>

#include "core/object/apply/created_fields.h"
#include "core/object/apply/message_compare.h"
#include "core/object/message_buffer.h"
#include "core/object/time_text.h"

namespace cleat::object {
namespace {

using Entries = capnp::List<meta_v1::ManagedFieldsEntry>::Reader;

bool sameEntries(Entries a, Entries b) {
  if (a.size() != b.size()) return false;
  for (unsigned i = 0; i < a.size(); ++i) {
    if (capnp::AnyStruct::Reader(a[i]) != capnp::AnyStruct::Reader(b[i])) return false;
  }
  return true;
}

// One entry that says nothing.
bool forgets(Entries sent) {
  return sent.size() == 1 && sent[0].getManager().size() == 0 && sent[0].getOperation().size() == 0 &&
         sent[0].getApiVersion().size() == 0 && sent[0].getFieldsType().size() == 0 &&
         sent[0].getFieldsV1().size() == 0 && sent[0].getSubresource().size() == 0;
}

// The entries that a write begins with.
ManagedFields entriesBefore(const Message* live, Entries sent, bool takesSent) {
  ManagedFields kept = live ? ManagedFields::of(live->meta().getManagedFields()) : ManagedFields();
  if (!takesSent) return kept;
  if (forgets(sent)) return {};
  ManagedFields own = ManagedFields::of(sent);
  return own.readable() ? std::move(own) : std::move(kept);
}

}  // namespace

ManagedEntry entryFor(const Kind& kind, const FieldWriter& writer, const char* operation) {
  ManagedEntry entry;
  entry.manager = writer.manager;
  entry.operation = operation;
  entry.apiVersion = kind.apiVersion();
  entry.subresource = writer.subresource;
  return entry;
}

bool bookUpdate(const Kind& kind, Words before, Words after, const FieldWriter& writer, ManagedFields& managed) {
  Comparison changes = compareMessages(kind, WriteReach(kind, writer.subresource), before, after);
  FieldSet changed = std::move(changes.added);
  changed.unite(changes.modified);
  const bool takes = !changed.empty();
  if (!takes && changes.removed.empty()) return false;
  FieldSet touched = changed;
  touched.unite(changes.removed);
  const ManagedEntry self = entryFor(kind, writer, "Update");
  for (ManagedEntry& entry : managed.entries) {
    if (entry.isOfOtherVersion(kind)) continue;
    if (entry.sameWriter(self)) {
      if (entry.meets(changes.removed)) entry.read().remove(changes.removed);
    } else if (entry.meets(touched)) {
      entry.read().remove(touched);
    }
  }
  if (!takes) return true;
  ManagedEntry& own = managed.entryOf(self);
  if (own.text.empty() || !changed.within(own.text)) own.read().unite(changed);
  own.time = formatTime(writer.wallNanos);
  return true;
}

namespace {

// A new object of which nobody has said whose its fields are: its writer's, all of them.
Ref<const Message> bookCreate(const Kind& kind, Ref<const Message> created, const FieldWriter& writer) {
  std::string fields = createdFields(kind, WriteReach(kind, writer.subresource), created->words());
  if (fields.empty()) return created;
  ManagedFields managed;
  ManagedEntry& own = managed.entries.emplace_back(entryFor(kind, writer, "Update"));
  own.text = std::move(fields);
  own.time = formatTime(writer.wallNanos);
  MessageBuffer buffer(*created, 32 + managed.words());
  managed.write(buffer.getRoot<meta_v1::AnyObject>().getMetadata());
  return buffer.finish();
}

}  // namespace

Ref<const Message> trackUpdate(const Kind& kind, const Message* live, Ref<const Message> updated,
                               const FieldWriter& writer) {
  const Entries sent = updated->meta().getManagedFields();
  if (!live && sent.size() == 0 && !kind.open) return bookCreate(kind, std::move(updated), writer);
  const Entries were = live ? live->meta().getManagedFields() : Entries();
  const bool same = sameEntries(sent, were);
  const bool takesSent = writer.subresource.empty() && sent.size() > 0 && !same;
  ManagedFields managed = entriesBefore(live, sent, takesSent);
  // What has no entries although it has been there for a while has no use for them.
  const bool tracked = !live || !managed.entries.empty();
  const bool booked = tracked && bookUpdate(kind, live ? live->words() : Words(), updated->words(), writer, managed);
  if (!booked && same) return updated;
  MessageBuffer buffer(*updated, 32 + managed.words());
  managed.write(buffer.getRoot<meta_v1::AnyObject>().getMetadata());
  return buffer.finish();
}

}  // namespace cleat::object
