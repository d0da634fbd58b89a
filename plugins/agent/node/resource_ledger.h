// What this node's pods have been granted of it, all together: whether a pod that is new or wants to grow fits, and who
// is told when there may be more room. Strand only.
#pragma once

#include <cleat/sdk/pod_request.h>
#include <cleat/sdk/text.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cleat::agent {

struct Grant {
  int64_t milliCpu = 0, memoryBytes = 0;
  bool burstable = false;  // of the class of pods that share what they ask for
  int64_t storageBytes = 0;
  std::map<std::string, int64_t> others{};  // extended resources and huge pages
  std::vector<HostPort> ports{};
  bool operator==(const Grant&) const = default;
};

// What there is too little of.
struct Shortage {
  std::string resource;
  int64_t requested = 0, used = 0, capacity = 0;
  std::string message() const;  // as Kubernetes says it
};

class ResourceLedger {
 public:
  void setCapacity(Grant capacity) { capacity_ = std::move(capacity); }

  // Nothing if the pod may have that much of the machine itself beside all others.
  std::optional<Shortage> whyNot(const std::string& uid, const Grant& wanted) const;
  // The same of what others have said that the node has.
  std::optional<Shortage> whyNotOthers(const std::string& uid, const Grant& wanted,
                                       const std::map<std::string, int64_t>& capacity) const;
  bool hasPorts(const std::string& uid, const std::vector<HostPort>& wanted) const;

  // What the pods of that class ask for together.
  int64_t burstableMilliCpu() const;
  size_t countBeside(const std::string& uid) const { return granted_.size() - granted_.count(uid); }

  void grant(const std::string& uid, const Grant& amount);
  void release(const std::string& uid);

  // Calls `tell` whenever a pod has left, or has another grant than it had.
  void onChange(std::function<void()> tell) { changed_ = std::move(tell); }

  // Calls `look` whenever there may be more room, until it is told not to.
  void wait(const std::string& uid, std::function<void()> look) { waiting_[uid] = std::move(look); }
  void stopWaiting(const std::string& uid) { waiting_.erase(uid); }

 private:
  Grant usedBeside(const std::string& uid) const;
  void tellWaiting();

  Grant capacity_;
  std::function<void()> changed_ = [] {};
  std::map<std::string, Grant> granted_;                  // by the pod's uid
  std::map<std::string, std::function<void()>> waiting_;  // likewise
};

}  // namespace cleat::agent
