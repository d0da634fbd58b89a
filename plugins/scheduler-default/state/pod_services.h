// The services of pods, as far as the scheduler looks at them: by which labels they select.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/text_table.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace cleat::scheduling {

using Labels = std::vector<std::pair<std::string, std::string>>;

class PodServices {
 public:
  void set(const Object<core_v1::Service>& service);
  void erase(const Object<core_v1::Service>& service);
  // What all services that select the pod select by; nothing where none does.
  Labels selecting(const Object<core_v1::Pod>& pod) const;
  // Grows with every change of what a service selects by.
  uint64_t version() const { return version_; }

 private:
  TextTable<TextTable<Labels>> byNamespace_;  // then by name; only those that select
  uint64_t version_ = 0;
};

}  // namespace cleat::scheduling
