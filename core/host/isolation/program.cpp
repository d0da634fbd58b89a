#include "core/host/isolation/program.h"

#include <fcntl.h>

#include <filesystem>
#include <system_error>

namespace cleat::host {
namespace {

constexpr const char* kSelf = "/proc/self/exe";

int openProgram() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::read_symlink(kSelf, error).parent_path();
  // As built, and as installed.
  for (const char* place : {"cleat-plugin-host", "../libexec/cleat/cleat-plugin-host"}) {
    const int fd = open((folder / place).c_str(), O_PATH | O_CLOEXEC);
    if (fd >= 0) return fd;
  }
  return open(kSelf, O_PATH | O_CLOEXEC);
}

}  // namespace

int isolatedProgram() {
  static const int kProgram = openProgram();
  return kProgram;
}

}  // namespace cleat::host
