#include "core/gate/readable.h"

#include <cleat/sdk/text.h>

namespace cleat::gate {

Result<void> checkReadable(const bus::Target& target, const object::Object& object) {
  const std::string* problem = object.problem();
  if (!problem) return {};
  return fail(Status::internal(
      concat("the stored ", target.kind->resource(), " \"", target.name, "\" cannot be read: ", *problem)));
}

}  // namespace cleat::gate
