#include "devices/extended_resources.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <optional>

#include "device-common/pod_claims.h"

namespace cleat::scheduling {
namespace {

using core_v1::Container;
using resource_v1::ResourceClaim;

struct ClaimedRequest {
  std::string name, className;
  int64_t count = 0;
};

// Init containers first, as they are counted.
std::vector<Container::Reader> containersOf(core_v1::PodSpec::Reader spec) {
  std::vector<Container::Reader> all;
  for (auto container : spec.getInitContainers()) all.push_back(container);
  for (auto container : spec.getContainers()) all.push_back(container);
  return all;
}

int64_t amountAsked(Container::Reader container, std::string_view resource) {
  auto text = lookup(container.getResources().getRequests(), resource);
  return text ? Quantity::parse(*text).value_or(Quantity()).value() : 0;
}

// Where the resource is among the container's, in the order of their names.
size_t placeOf(Container::Reader container, std::string_view resource) {
  size_t before = 0;
  for (auto entry : container.getResources().getRequests()) before += view(entry.getKey()) < resource;
  return before;
}

// The requests for one resource.
class ResourceRequests {
 public:
  ResourceRequests(const std::string& resource, const std::string& className, core_v1::PodSpec::Reader spec)
      : resource_(resource), className_(className), containers_(containersOf(spec)), own_(containers_.size()) {
    const size_t init = spec.getInitContainers().size();
    auto endsBefore = [&](size_t at) { return at < init && view(containers_[at].getRestartPolicy()) != "Always"; };
    for (size_t at = 0; at < containers_.size(); ++at) {
      if (!endsBefore(at)) addLasting(at);
    }
    const size_t lasting = mappings_.size();
    for (size_t at = 0; at < init; ++at) {
      if (endsBefore(at)) addPassing(at);
    }
    // Those that run one after the other share the largest.
    for (size_t i = lasting; largest_ && i < mappings_.size(); ++i) {
      const bool isPassing = std::ranges::find(passing_, mappings_[i].request) != passing_.end();
      if (isPassing) mappings_[i].request = largest_->name;
    }
  }
  void addTo(std::vector<ClaimedRequest>& requests, std::vector<ResourceMapping>& mappings) const {
    if (largest_) requests.push_back(*largest_);
    for (const auto& request : own_) {
      if (request) requests.push_back(*request);
    }
    mappings.insert(mappings.end(), mappings_.begin(), mappings_.end());
  }

 private:
  void map(size_t at, const std::string& request) {
    mappings_.push_back({str(containers_[at].getName()), resource_, request});
  }
  ClaimedRequest requestFor(size_t at, int64_t count) const {
    return {concat("container-", at, "-request-", placeOf(containers_[at], resource_)), className_, count};
  }
  void addLasting(size_t at) {
    const int64_t amount = amountAsked(containers_[at], resource_);
    if (amount <= 0) return;
    own_[at] = requestFor(at, amount);
    map(at, own_[at]->name);
  }
  void addPassing(size_t at) {
    int64_t left = amountAsked(containers_[at], resource_);
    for (size_t after = at; after < own_.size() && left > 0; ++after) {
      if (!own_[after]) continue;
      map(at, own_[after]->name);
      left -= own_[after]->count;
    }
    if (left <= 0) return;
    const ClaimedRequest request = requestFor(at, left);
    map(at, request.name);
    passing_.push_back(request.name);
    if (!largest_ || largest_->count < left) largest_ = request;
  }

  std::string resource_, className_;
  std::vector<Container::Reader> containers_;
  std::vector<std::optional<ClaimedRequest>> own_;  // by container, of those that last
  std::vector<std::string> passing_;                // names of requests of the others
  std::optional<ClaimedRequest> largest_;           // of those
  std::vector<ResourceMapping> mappings_;
};

}  // namespace

ExtendedResources extendedResources(core_v1::PodSpec::Reader spec, const std::map<std::string, std::string>& classes) {
  ExtendedResources made;
  std::vector<ClaimedRequest> requests;
  for (const auto& [resource, className] : classes) {
    ResourceRequests(resource, className, spec).addTo(requests, made.mappings);
  }
  std::ranges::sort(requests, {}, &ClaimedRequest::name);
  Draft<ResourceClaim> claim;
  auto list = claim->initSpec().initDevices().initRequests(static_cast<uint32_t>(requests.size()));
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setName(requests[i].name);
    auto exactly = list[i].initExactly();
    exactly.setDeviceClassName(requests[i].className);
    exactly.setAllocationMode("ExactCount");
    exactly.setCount(requests[i].count);
  }
  made.claim = std::move(claim).freeze();
  return made;
}

Object<ResourceClaim> madeFor(const Object<core_v1::Pod>& pod, const Object<ResourceClaim>& claim) {
  Draft<ResourceClaim> draft(claim);
  auto meta = draft->initMetadata();
  meta.setGenerateName(concat(pod.name(), "-extended-resources-"));
  meta.setNamespace(str(pod.ns()));
  setAnnotation(meta, devices::kExtendedResourceClaim, "true");
  setController(draft.meta(), pod);
  addFinalizer(draft.meta(), devices::kDeleteProtection);
  return std::move(draft).freeze();
}

}  // namespace cleat::scheduling
