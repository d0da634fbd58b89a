// Lists of tolerations as they are written into annotations and settings: a JSON array of the API's Toleration.
#pragma once

#include <cleat/sdk/object.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/taints.h>

#include <memory>
#include <string_view>

namespace cleat {

class Tolerations {
 public:
  // None are written as an empty text or an empty array.
  static Result<Tolerations> parse(std::string_view json);

  TolerationList::Reader list() const { return spec_ ? spec_->reader().getTolerations() : TolerationList::Reader(); }
  bool empty() const { return list().size() == 0; }

 private:
  // A Draft moves and does not copy; it is shared, and stays as it was parsed.
  std::shared_ptr<Draft<core_v1::PodSpec>> spec_;
};

// Whether each of them is covered by one that is allowed. Where nothing is named, everything is allowed.
bool areAllowed(TolerationList::Reader tolerations, const Tolerations& allowed);

}  // namespace cleat
