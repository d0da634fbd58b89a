// StorageWatch: looks every ten seconds at what those pods have written that have limits, and ends a pod that is beyond
// one, as the kubelet evicts it: phase Failed, reason Evicted. Strand only; files are counted on the pool for blocking
// work.
#pragma once

#include <cleat/sdk/context.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime_client.h"

namespace cleat::agent {

class PodWorker;

class StorageWatch {
 public:
  using Workers = std::function<std::vector<std::shared_ptr<PodWorker>>()>;
  // `podsFolder` is asked for when it is needed.
  StorageWatch(Context& context, RuntimeClient& runtime, const std::string& podsFolder, Workers workers)
      : context_(context), runtime_(runtime), podsFolder_(podsFolder), workers_(std::move(workers)) {}

  // As long as the plugin runs.
  void start() { spawn(keepLooking()); }
  Task<void> look();

 private:
  Task<void> keepLooking();

  Context& context_;
  RuntimeClient& runtime_;
  const std::string& podsFolder_;
  Workers workers_;
};

// The bytes on disk of everything below a folder, which somebody may be changing meanwhile. Links are not followed,
// other filesystems not entered, and a file with several names is counted once. Beyond a million entries it is a lower
// bound. Blocks.
uint64_t bytesBelow(const std::string& folder);

}  // namespace cleat::agent
