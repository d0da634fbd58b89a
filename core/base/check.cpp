#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace cleat::base {

// Not through the log: whatever is broken may be part of it.
void checkFailed(std::string_view condition, std::string_view values, std::string_view why,
                 const std::source_location& where) {
  std::fprintf(stderr, "%s:%u: CHECK(%.*s) failed (%.*s): %.*s\n", where.file_name(), where.line(),
               static_cast<int>(condition.size()), condition.data(), static_cast<int>(values.size()), values.data(),
               static_cast<int>(why.size()), why.data());
  std::abort();
}

}  // namespace cleat::base
