#include "devices/choice_ranks.h"

#include <set>
#include <string_view>

namespace cleat::scheduling {
namespace {

constexpr int64_t kMostChoices = 8;

// `chosen`: "request/subrequest", once for however many devices.
int64_t rankOf(resource_v1::DeviceClaim::Reader asked, const std::set<std::string_view>& chosen) {
  int64_t rank = 0;
  for (auto request : asked.getRequests()) {
    int64_t worth = kMostChoices;
    for (auto choice : request.getFirstAvailable()) {
      if (chosen.contains(concat(request.getName(), "/", choice.getName()))) rank += worth;
      --worth;
    }
  }
  return rank;
}

}  // namespace

int64_t rankOf(const Object<ResourceClaim>& allocated) {
  std::set<std::string_view> chosen;
  for (auto result : allocated->getStatus().getAllocation().getDevices().getResults()) {
    chosen.insert(view(result.getRequest()));
  }
  return rankOf(allocated->getSpec().getDevices(), chosen);
}

int64_t rankOf(const WantedDevices& wanted, const Allocation& allocation) {
  std::set<std::string_view> chosen;
  for (const ChosenDevice& device : allocation) chosen.insert(device.choice->name);
  return rankOf(wanted.claim->getSpec().getDevices(), chosen);
}

}  // namespace cleat::scheduling
