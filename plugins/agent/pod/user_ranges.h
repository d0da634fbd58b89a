// Which ids of this machine the pods with a user namespace have: 65536 of their own each, which no other pod has at the
// same time. A pod keeps its range as long as it is on the node, over restarts too: it stands in the file "userns" of
// the pod's folder, and goes with that.
//
//   CLEAT_CO_TRY(uint32_t first, co_await ranges.take(uid, folder));   // ids first … first+65535
//   ranges.release(uid);                                               // once the folder is gone
//
// Strand only.
#pragma once

#include <cleat/sdk/context.h>

#include <cstdint>
#include <map>
#include <string>

namespace cleat::agent {

class UserRanges {
 public:
  static constexpr uint32_t kLength = 65536;

  explicit UserRanges(Context& context) : context_(context) {}

  // Learns what the pods in this folder have. Before anything is taken.
  Task<Result<void>> load(std::string podsFolder);

  // The first id of the pod's range: the one that it has, or of a free one, which is on disk when this returns.
  Task<Result<uint32_t>> take(std::string uid, std::string podFolder);
  void release(const std::string& uid) { first_.erase(uid); }

 private:
  Context& context_;
  std::map<std::string, uint32_t> first_;  // by the pod's uid
};

}  // namespace cleat::agent
