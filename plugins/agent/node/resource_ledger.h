// What this node's pods have been granted of it, all together: whether a pod that wants to grow fits, and who is told
// when there may be more room. Strand only.
#pragma once

#include <cleat/sdk/text.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace cleat::agent {

struct Grant {
  int64_t milliCpu = 0, memoryBytes = 0;
  bool burstable = false;  // of the class of pods that share what they ask for
  bool operator==(const Grant&) const = default;
};

class ResourceLedger {
 public:
  void setCapacity(Grant capacity) { capacity_ = capacity; }

  // Empty if the pod may have that much beside all others; else why not, as Kubernetes says it.
  std::string whyNot(const std::string& uid, const Grant& wanted) const {
    Grant used;
    for (const auto& [other, grant] : granted_) {
      if (other == uid) continue;
      used.milliCpu += grant.milliCpu;
      used.memoryBytes += grant.memoryBytes;
    }
    auto lacks = [](std::string_view resource, int64_t requested, int64_t inUse, int64_t capacity) {
      return concat("Node didn't have enough resource: ", resource, ", requested: ", requested, ", used: ", inUse,
                    ", capacity: ", capacity);
    };
    if (wanted.milliCpu > capacity_.milliCpu - used.milliCpu) {
      return lacks("cpu", wanted.milliCpu, used.milliCpu, capacity_.milliCpu);
    }
    if (wanted.memoryBytes > capacity_.memoryBytes - used.memoryBytes) {
      return lacks("memory", wanted.memoryBytes, used.memoryBytes, capacity_.memoryBytes);
    }
    return {};
  }

  // What the pods of that class ask for together.
  int64_t burstableMilliCpu() const {
    int64_t sum = 0;
    for (const auto& [uid, grant] : granted_) sum += grant.burstable ? grant.milliCpu : 0;
    return sum;
  }

  size_t countBeside(const std::string& uid) const { return granted_.size() - granted_.count(uid); }

  void grant(const std::string& uid, const Grant& amount) {
    auto [entry, isNew] = granted_.try_emplace(uid);
    bool shrinks =
        !isNew && (amount.milliCpu < entry->second.milliCpu || amount.memoryBytes < entry->second.memoryBytes);
    bool changes = !isNew && entry->second != amount;
    entry->second = amount;
    if (shrinks) tellWaiting();
    if (changes) changed_();
  }
  void release(const std::string& uid) {
    waiting_.erase(uid);
    if (granted_.erase(uid) == 0) return;
    tellWaiting();
    changed_();
  }

  // Calls `tell` whenever a pod has left, or has another grant than it had.
  void onChange(std::function<void()> tell) { changed_ = std::move(tell); }

  // Calls `look` whenever there may be more room, until it is told not to.
  void wait(const std::string& uid, std::function<void()> look) { waiting_[uid] = std::move(look); }
  void stopWaiting(const std::string& uid) { waiting_.erase(uid); }

 private:
  void tellWaiting() {
    for (const auto& [uid, look] : std::map(waiting_)) look();
  }

  Grant capacity_;
  std::function<void()> changed_ = [] {};
  std::map<std::string, Grant> granted_;                  // by the pod's uid
  std::map<std::string, std::function<void()>> waiting_;  // likewise
};

}  // namespace cleat::agent
