// What lies in a Secret, by key.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/text.h>

#include <string_view>

namespace cleat {

// Empty where there is none of that name. It stands in the secret.
inline std::string_view dataIn(const Object<core_v1::Secret>& secret, std::string_view key) {
  for (auto entry : secret->getData()) {
    if (view(entry.getKey()) == key) return view(entry.getValue());
  }
  return {};
}

}  // namespace cleat
