// Collector: reads what the nodes use, from all of their agents at once, while anybody asks. It begins with the first
// question (two readings a second apart, so that there is something to tell), goes on every `resolution`, and ends when
// nobody has asked for five minutes. An agent that does not answer in time is asked again next time; nobody waits for
// it but itself.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/context.h>
#include <cleat/sdk/kinds/core_v1.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "https-common/https_reader.h"
#include "usage_table.h"

namespace cleat::metrics {

class Collector {
 public:
  using Read = std::function<Task<HttpsAnswer>(HttpsGet request, Duration timeout)>;
  Collector(Context& context, Read read, Duration resolution)
      : context_(context), client_(context), read_(std::move(read)), resolution_(resolution) {}

  // Ends when there is as much to tell as there can be now.
  Task<void> current();
  const UsageTable& table() const { return table_; }

 private:
  Task<void> follow();
  Task<bool> readAll(Duration timeout);
  Task<bool> readNode(std::string name, HttpsGet request, Duration timeout);

  Context& context_;
  Client client_;
  const Read read_;
  const Duration resolution_;
  UsageTable table_;
  Instant lastAsked_{};
  bool isFollowing_ = false, isReady_ = false;
  std::vector<Completion<bool>> waiting_;
  std::set<std::string> underWay_;  // nodes
  std::set<std::string> silent_;    // which have been complained about
};

// Where the node's agent tells what it uses; nothing before it has said where it is.
std::optional<HttpsGet> usageOf(core_v1::Node::Reader node);

}  // namespace cleat::metrics
