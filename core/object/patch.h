// The three patches on the value form: JSON patch (RFC 6902), JSON merge patch (RFC 7386) and Kubernetes' strategic merge
// patch, which reads merge keys and strategies off the kind's schema.
#pragma once

#include <boost/json/value.hpp>

#include "core/object/kind.h"

namespace cleat::object {

// At most 10,000 operations. 422 when a test fails or a path does not exist, 400 for a malformed patch.
Result<boost::json::value> applyJsonPatch(const boost::json::value& target, const boost::json::value& patch);
Result<boost::json::value> applyMergePatch(const boost::json::value& target, const boost::json::value& patch);
Result<boost::json::value> applyStrategicPatch(const Kind& kind, const boost::json::value& target,
                                               const boost::json::value& patch);

// What strategic merge needs to know of a type; the kinds' schemas provide it, and so do the reference test cases.
class PatchSchema {
 public:
  struct Field {
    std::string strategy;                   // "", "merge", "replace", "retainKeys", "merge,retainKeys"
    std::string mergeKey;                   // for lists of objects
    const PatchSchema* element = nullptr;   // the struct, or the struct of the list's or map's elements
    bool isList = false;
    bool isMap = false;
  };
  virtual ~PatchSchema() = default;
  // Null: unknown field.
  virtual const Field* field(std::string_view name) const = 0;
};

Result<boost::json::value> applyStrategicPatch(const PatchSchema& schema, const boost::json::value& target,
                                               const boost::json::value& patch);

}  // namespace cleat::object
