// How much is told of fields that are unknown or occur twice: so many, and not more text than a reader can use. A name
// may be as long as the body, and stand in the path of whatever is below it.
#pragma once

#include <string>
#include <vector>

#include "core/object/codec.h"

namespace cleat::object {

// Whether one more may be told. Asked before its path is put together.
inline bool mayTellMore(const std::vector<std::string>& told) {
  constexpr size_t kMaxBytes = 256u << 10;
  size_t bytes = 0;
  for (const std::string& one : told) bytes += one.size();
  return told.size() < kMaxStrictErrors && bytes < kMaxBytes;
}

}  // namespace cleat::object
