#include "collector.h"

#include <cleat/sdk/text.h>
#include <cleat/sdk/when_all.h>

namespace cleat::metrics {
namespace {

using core_v1::Node;

constexpr uint16_t kAgentPort = 10250;
constexpr std::chrono::seconds kBetweenFirst{1};
constexpr std::chrono::seconds kFirstPatience{2};  // a look at the API waits for it, twice
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::minutes kInterest{5};

}  // namespace

std::optional<HttpsGet> usageOf(Node::Reader node) {
  const int32_t said = node.getStatus().getDaemonEndpoints().getKubeletEndpoint().getPort();
  HttpsGet get{.port = said > 0 && said <= UINT16_MAX ? static_cast<uint16_t>(said) : kAgentPort};
  get.target = "/metrics/resource";
  for (std::string_view type : {"InternalIP", "ExternalIP"}) {
    for (auto address : node.getStatus().getAddresses()) {
      get.host = str(address.getAddress());
      if (view(address.getType()) == type && !get.host.empty()) return get;
    }
  }
  return std::nullopt;
}

Task<void> Collector::current() {
  lastAsked_ = context_.now();
  if (!std::exchange(isFollowing_, true)) spawn(follow());
  if (isReady_) co_return;
  Completion<bool> ready;
  waiting_.push_back(ready);
  co_await ready;
}

Task<void> Collector::follow() {
  co_await readAll(kFirstPatience);
  co_await context_.sleep(kBetweenFirst);
  co_await readAll(kFirstPatience);
  isReady_ = true;
  for (Completion<bool>& each : std::exchange(waiting_, {})) each.complete(true);
  while (context_.now() - lastAsked_ < kInterest) {
    co_await context_.sleep(resolution_);
    spawn(readAll(kPatience), [](bool) {});
  }
  isFollowing_ = isReady_ = false;
  table_.clear();
}

Task<bool> Collector::readAll(Duration timeout) {
  Result<ObjectList<Node>> nodes = co_await client_.list<Node>();
  if (!nodes) {
    context_.log.warn("cannot list the nodes: ", nodes.error());
    co_return false;
  }
  std::set<std::string> names;
  std::vector<Task<bool>> readings;
  for (const Object<Node>& node : nodes->items) {
    names.insert(str(node.name()));
    std::optional<HttpsGet> request = usageOf(*node);
    if (request) readings.push_back(readNode(str(node.name()), std::move(*request), timeout));
  }
  table_.keepOnly(names);
  std::erase_if(silent_, [&](const std::string& name) { return !names.contains(name); });
  auto all = whenAll(std::move(readings));
  co_await std::move(all);
  co_return true;
}

// One at a time of each node: one that hangs is not asked again meanwhile.
Task<bool> Collector::readNode(std::string name, HttpsGet request, Duration timeout) {
  if (!underWay_.insert(name).second) co_return false;
  HttpsAnswer answer = co_await read_(std::move(request), timeout);
  underWay_.erase(name);
  if (answer.error.empty() && answer.status != 200) answer.error = concat("the agent answered ", answer.status);
  Result<NodeReading> reading = fail(Status::internal(answer.error));
  if (answer.error.empty()) reading = readMetrics(answer.body, context_.wallNow());
  if (!reading) {
    if (silent_.insert(name).second) context_.log.warn("cannot read what ", name, " uses: ", reading.error());
    co_return false;
  }
  silent_.erase(name);
  table_.take(name, std::move(*reading));
  co_return true;
}

}  // namespace cleat::metrics
