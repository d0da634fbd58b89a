// Mounts of files: each once, by a loop device that goes with its mount, and what pods have of it are bind mounts of
// that. Blocks: for Context::blocking.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat::loop {

struct Mount {
  std::string device;  // "7:3": what is mounted
  std::string path;
};
// What is mounted in this mount namespace, in the order of mounting; `text` is /proc/self/mountinfo.
std::vector<Mount> parseMounts(std::string_view text);

// Mounts the file's filesystem on the folder, unless something is mounted there.
Result<void> mountFile(const std::string& file, const std::string& folder);
// Makes what is mounted on `folder` visible at `target` too, unless it is already.
Result<void> mountAlso(const std::string& folder, const std::string& target, bool readOnly);
// Takes it away there; where nothing is mounted that is success.
Result<void> unmount(const std::string& target);
// Unmounts the folder unless what is mounted there is mounted elsewhere as well; whether it is unmounted now.
Result<bool> unmountUnused(const std::string& folder);

}  // namespace cleat::loop
