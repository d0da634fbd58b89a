// Confinement: what an isolated plugin's process may have of the machine. The server decides it and tells the child,
// which gives up everything else (sandbox.h) before any of the plugin's code is in the process.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cleat::host {

struct Confinement {
  bool required = false;             // rather not started than started with less
  bool network = false;              // the machine's network instead of one with nothing in it
  std::vector<std::string> visible;  // files and folders that it may read, beside its own and the system's libraries
  int64_t memoryBytes = 512 << 20;
  int64_t cpuThousandths = 1000;  // of one processor
  int64_t processes = 64;         // threads count

  // What the host fills in.
  std::string stateFolder;         // the one thing that it may write
  std::optional<uint32_t> uid;     // nothing where the server is not root: then it stays the server's own
  bool namespaces = false;         // the child has been made in namespaces of its own
  bool limited = false;            // a cgroup holds it to its limits
  std::vector<std::string> lacks;  // what could not be had, each with the reason
};

// As one argument of the child's command line, and back.
std::string encodeConfinement(const Confinement& confinement);
Result<Confinement> decodeConfinement(const std::string& text);

// A uid that only the plugin of this state folder has, among those whose folders are beside it; the folder is made its
// own. It is the folder that remembers it. Nothing, with errno set, where it cannot be had.
std::optional<uint32_t> ownUid(const std::string& stateFolder);

}  // namespace cleat::host
