// Removes images that nobody uses when their disk fills up, as the kubelet does: it looks every so often, and from the
// high threshold on frees space down to the low one, those images first that have not been used for longest. With a
// maximum age it also removes what has been unused for so long. Images in use by a container, or by a pod that is bound
// to this node and has not ended, stay, and so do those that are pinned and those that have just come.
//
//   ImageCollector collector{context, runtime, records, events};
//   collector.start(settings, disk, used, node);
//
// Strand only.
#pragma once

#include <cleat/sdk/events.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "images/pull_records.h"
#include "images/verification_policy.h"
#include "runtime_client.h"

namespace cleat::agent {

struct ImageCollection {
  int64_t highThresholdPercent = 85, lowThresholdPercent = 80;
  Duration minimumAge = std::chrono::minutes(2);
  Duration maximumAge{};  // zero: however old
  Duration period = std::chrono::minutes(5);
  RepositoryList pinned;

  // What is wrong with it, by the names of the settings.
  Result<void> check() const;
};

struct DiskUsage {
  uint64_t capacityBytes = 0, availableBytes = 0;
};

class ImageCollector {
 public:
  // How full the disk of the images is.
  using Disk = std::function<Task<Result<DiskUsage>>()>;
  // The images that are in use, by name or id, as pods and the runtime write them.
  using Used = std::function<std::set<std::string>()>;

  ImageCollector(Context& context, RuntimeClient& runtime, PullRecords& records, EventRecorder& events)
      : context_(context), runtime_(runtime), records_(records), events_(events) {}

  // From now on, once the runtime answers; `node` is what events are about.
  void start(ImageCollection settings, Disk disk, Used used, ObjectReference node);

  // Finds out what has come of pulls whose end nobody has seen. Before pods are started, and with every look.
  Task<void> settlePulls();

 private:
  struct Seen {
    Instant first{}, lastUsed{};
    bool everUsed = false;
  };
  struct Unused {
    std::string id;
    std::vector<std::string> names;
    uint64_t sizeBytes = 0;
    Seen seen;
  };

  Task<void> run();
  Task<Result<void>> round();
  Task<Result<std::vector<Unused>>> look(Instant now);
  Task<void> freeOld(std::vector<Unused>& images, Instant now);
  Task<Result<uint64_t>> freeSpace(std::vector<Unused>& images, uint64_t wanted, Instant now);
  bool isUsed(const std::string& id, const std::vector<std::string>& names) const;
  Task<Result<uint64_t>> remove(const Unused& image);

  Context& context_;
  RuntimeClient& runtime_;
  PullRecords& records_;
  EventRecorder& events_;
  ImageCollection settings_;
  Disk disk_;
  Used used_;
  ObjectReference node_;
  Instant began_{};
  std::map<std::string, Seen> seen_;  // by the image's id
};

}  // namespace cleat::agent
