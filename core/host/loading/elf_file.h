// Reads one section out of a shared object's file. Every offset and size in the file is taken as hostile: nothing is
// mapped, each piece is bounded before it is read.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat::host {

// The section's first bytes, at most `limit`; empty when there is no such section. Fails, naming the file, when it is
// not a 64-bit shared object for this machine or is damaged.
Result<std::string> readElfSection(const std::string& file, std::string_view section, size_t limit);

}  // namespace cleat::host
