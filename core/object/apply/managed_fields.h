// ManagedFields: the entries of metadata.managedFields, one for each writer, read and written. Private to core/object.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>

#include <string>
#include <vector>

#include "core/object/apply/apply.h"
#include "core/object/apply/field_set.h"

namespace cleat::object {

struct ManagedEntry {
  std::string manager, operation, apiVersion, time, subresource;
  FieldSet fields;
  std::string text = {};  // of the fields as they stand in an object, while nobody has read() them

  // Whether anything of the set is in these fields; without reading them.
  bool meets(const FieldSet& set) const;
  FieldSet& read();

  bool isApply() const { return operation == "Apply"; }
  // Whether its fields are those of another version of the kind, which only the kind's plugin can compare them in.
  bool isOfOtherVersion(const Kind& kind) const { return kind.wantsConvert && apiVersion != kind.apiVersion(); }
  // Whether both book for the same writer: an applier is the same in every version.
  bool sameWriter(const ManagedEntry& other) const;
  // How a conflict names it: `"kubectl" with subresource "status" using apps/v1`.
  std::string shown() const;
};

class ManagedFields {
 public:
  std::vector<ManagedEntry> entries;

  // Of an object's metadata. Their fields are read when they are needed; what cannot be read owns nothing.
  static ManagedFields of(capnp::List<meta_v1::ManagedFieldsEntry>::Reader list);
  // Whether each entry is one that a client may send.
  bool readable();
  // Whether the object carries a list of them, be it empty.
  static bool has(const JsonNode& object);
  void write(meta_v1::ObjectMeta::Builder meta);

  // About how much they take in a message.
  size_t words() const;

  // Makes one when there is none. The reference holds until entries change.
  ManagedEntry& entryOf(const ManagedEntry& writer);
  // At most ten updaters are kept apart, older ones are put together; who owns nothing is dropped. Before write().
  void settle();

 private:
  void dropEmpty();
  void mergeOldest();
};

}  // namespace cleat::object
