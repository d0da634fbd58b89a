// The files that volumes are: one for each handle, made with a filesystem in it when it is first asked for. Blocks: for
// Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>

namespace cleat::loop {

// Why a handle cannot be a file's name; empty: it can.
std::string wrongHandle(const std::string& handle);

struct Images {
  std::string folder, mkfs;

  std::string fileOf(const std::string& handle) const { return folder + "/" + handle + ".img"; }
  // What is there stays as it is. One that was not made to its end is made anew.
  Result<void> make(const std::string& handle, uint64_t bytes) const;
  Result<void> remove(const std::string& handle) const;
};

}  // namespace cleat::loop
