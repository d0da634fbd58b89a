// What this machine is: its names, its kernel and what it has to give. Read once, from /proc, /sys and /etc.
// Blocks: for Context::blocking.
#pragma once

#include <cstdint>
#include <string>

namespace cleat::agent {

struct Machine {
  std::string hostname;
  std::string machineId, systemUuid, bootId;
  std::string kernelVersion, osImage;
  std::string architecture;  // as Go names it: "amd64", "arm64"
  int64_t cpus = 1;
  int64_t memoryBytes = 0;
  int64_t mostPids = 0;      // processes and threads; 0: not known
  int64_t storageBytes = 0;  // of the filesystem that holds the data directory
};

Machine readMachine(const std::string& dataDir);

}  // namespace cleat::agent
