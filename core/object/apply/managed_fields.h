// ManagedFields: the entries of metadata.managedFields, one for each writer, read and written. Private to core/object.
#pragma once

#include <boost/json/value.hpp>

#include <string>
#include <vector>

#include "core/object/apply/apply.h"
#include "core/object/apply/field_set.h"

namespace cleat::object {

struct ManagedEntry {
  std::string manager, operation, apiVersion, time, subresource;
  FieldSet fields;

  bool isApply() const { return operation == "Apply"; }
  // Whether both book for the same writer: an applier is the same in every version.
  bool sameWriter(const ManagedEntry& other) const;
  // How a conflict names it: `"kubectl" with subresource "status" using apps/v1`.
  std::string shown() const;
};

class ManagedFields {
 public:
  std::vector<ManagedEntry> entries;

  // Of an object; entries that cannot be read are dropped.
  static ManagedFields of(const boost::json::value& object);
  // Whether the object carries any.
  static bool has(const boost::json::value& object);
  // Takes them out of the object.
  static void strip(boost::json::value& object);
  // At most ten updaters are kept apart, older ones are put together.
  void write(boost::json::value& object);

  // Makes one when there is none. The reference holds until entries change.
  ManagedEntry& entryOf(const ManagedEntry& writer);
  void dropEmpty();
};

}  // namespace cleat::object
