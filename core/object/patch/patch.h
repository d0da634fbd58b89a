// The three patches on the value form: JSON patch (RFC 6902), JSON merge patch (RFC 7386) and Kubernetes' strategic
// merge patch, which reads merge keys and strategies off the kind's schema.
#pragma once

#include <cleat/sdk/status.h>
#include <boost/json/value.hpp>

#include <optional>
#include <string_view>

#include "core/object/kind.h"

namespace cleat::object {

// At most 10,000 operations. 422 when a test fails or a path does not exist, 400 for a malformed patch.
Result<boost::json::value> applyJsonPatch(const boost::json::value& target, const boost::json::value& patch);
Result<boost::json::value> applyMergePatch(const boost::json::value& target, const boost::json::value& patch);
Result<boost::json::value> applyStrategicPatch(const Kind& kind, const boost::json::value& target,
                                               const boost::json::value& patch);

// What strategic merge needs to know of a type. StructCodec is one; the reference test cases bring their own.
class PatchSchema {
 public:
  struct Field {
    std::string_view strategy;             // "", "merge", "replace", "retainKeys", "merge,retainKeys"
    std::string_view mergeKey;             // for lists of objects
    const PatchSchema* element = nullptr;  // the struct, or the struct of the list's or map's elements
    bool isMap = false;
  };
  virtual ~PatchSchema() = default;
  // Nothing: an unknown field. The views live as long as the schema.
  virtual std::optional<Field> field(std::string_view name) const = 0;
};

Result<boost::json::value> applyStrategicPatch(const PatchSchema& schema, const boost::json::value& target,
                                               const boost::json::value& patch);

}  // namespace cleat::object
