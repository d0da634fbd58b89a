// Server-side apply and field ownership (metadata.managedFields) on the value form of objects. The gate calls these
// between reading the live object and admission; they decide nothing about who may write.
//
// Ownership is kept for objects that somebody has applied. An object that was only ever created and updated carries
// none until its first apply, which books what was there under "before-first-apply"; this spares every other write the
// work.
#pragma once

#include <boost/json/value.hpp>

#include <string>

#include "core/object/kind.h"

namespace cleat::object {

struct FieldWriter {
  std::string manager;      // the request's fieldManager
  std::string subresource;  // "status", "scale" …; empty for the object itself
  int64_t wallNanos = 0;
  bool force = false;  // take fields over from others
};

// The object as it is to be: `live` (null: there is none) with `applied` merged in, what its manager applied before and
// no longer does taken out, metadata.managedFields up to date. 409 with every conflict when another manager owns a
// field that would change: `Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas`.
Result<boost::json::value> applyFields(const Kind& kind, const boost::json::value* live,
                                       const boost::json::value& applied, const FieldWriter& writer);

// `updated` with metadata.managedFields as they are after an update of `live` to it.
boost::json::value trackUpdate(const Kind& kind, const boost::json::value& live, boost::json::value updated,
                               const FieldWriter& writer);

}  // namespace cleat::object
