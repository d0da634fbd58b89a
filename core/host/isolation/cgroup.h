// PluginCgroup: the control group that holds one isolated plugin's process to its share of memory, processors and
// processes, in version 1 of the kernel's interface or in version 2, whichever has the controllers here. Taken away
// again with the object.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/host/isolation/confinement.h"

namespace cleat::host {

class PluginCgroup {
 public:
  // What it cannot limit is added to the confinement's `lacks`.
  PluginCgroup(const std::string& plugin, Confinement& confinement);
  ~PluginCgroup();
  PluginCgroup(const PluginCgroup&) = delete;

  // Files that a process joins by writing "0" to them, open as long as `forgetEntrances` was not called.
  const std::vector<int>& entrances() const { return entrances_; }
  void forgetEntrances();

  // How often the kernel has killed in it for memory, and refused a process. Null where it does not say.
  uint64_t memoryKills() const;
  uint64_t refusedProcesses() const;

 private:
  bool add(const std::string& hierarchy, const std::string& name,
           const std::vector<std::pair<std::string, std::string>>&);
  uint64_t counted(const std::string& controller, const char* file, const char* key) const;

  std::vector<std::pair<std::string, std::string>> folders_;  // controller and folder; of version 2 all have the same
  std::vector<int> entrances_;
};

}  // namespace cleat::host
