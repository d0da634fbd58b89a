#include "limits.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "quota-common/pod_amounts.h"

namespace cleat::limit_ranger {

namespace {

using core_v1::Container;
using core_v1::LimitRange;
using core_v1::LimitRangeItem;
using quota::Amounts;
using quota::Asked;
using quota::readAmounts;

constexpr const char* kAnnotation = "kubernetes.io/limit-ranger";

// -- Defaults --

// Of all entries for containers; a later one goes before an earlier.
struct Defaults {
  Amounts requests, limits;

  explicit Defaults(LimitRange::Reader range) {
    for (auto item : range.getSpec().getLimits()) {
      if (view(item.getType()) != "Container") continue;
      for (const auto& [name, amount] : readAmounts(item.getDefaultRequest())) requests[name] = amount;
      for (const auto& [name, amount] : readAmounts(item.getDefault())) limits[name] = amount;
    }
  }
};

// The names of those that were missing and are not any more.
std::vector<std::string> fillIn(core_v1::ResourceRequirements::Builder resources, const Amounts& defaults,
                                Asked asked) {
  std::vector<std::string> filled;
  const bool requests = asked == Asked::requests;
  for (const auto& [name, amount] : defaults) {
    const auto said = requests ? resources.asReader().getRequests() : resources.asReader().getLimits();
    if (lookup(said, name)) continue;
    auto more = withEntry(said, orphanageOf(resources), name, amount.text());
    if (requests) {
      resources.adoptRequests(std::move(more));
    } else {
      resources.adoptLimits(std::move(more));
    }
    filled.push_back(name);
  }
  return filled;
}

// What was done is written down in `notes`.
template <class Containers>
void fillContainers(Containers containers, const Defaults& defaults, const char* called,
                    std::vector<std::string>& notes) {
  for (Container::Builder container : containers) {
    auto resources = container.getResources();
    const auto limits = fillIn(resources, defaults.limits, Asked::limits);
    const auto requests = fillIn(resources, defaults.requests, Asked::requests);
    const std::string name = str(container.getName().asReader());
    if (!requests.empty()) notes.push_back(concat(joined(requests, ", "), " request for ", called, " ", name));
    if (!limits.empty()) notes.push_back(concat(joined(limits, ", "), " limit for ", called, " ", name));
  }
}

// -- Bounds --

// Amounts as they are compared: in thousandths where all can be told so, as Kubernetes does.
struct Compared {
  int64_t request, limit, bound;

  Compared(const Quantity& ofRequest, const Quantity& ofLimit, const Quantity& ofBound)
      : request(ofRequest.value()), limit(ofLimit.value()), bound(ofBound.value()) {
    constexpr int64_t kMost = std::numeric_limits<int64_t>::max() / 1000;
    if (request > kMost || limit > kMost || bound > kMost) return;
    request = ofRequest.milliValue();
    limit = ofLimit.milliValue();
    bound = ofBound.milliValue();
  }
};

// One thing that is bounded, with what it asks for.
class Bounded {
 public:
  Bounded(std::string_view type, Amounts requests, Amounts limits)
      : type_(type), requests_(std::move(requests)), limits_(std::move(limits)) {}

  void check(LimitRangeItem::Reader item, std::vector<std::string>& wrongs) const {
    for (const auto& [name, bound] : readAmounts(item.getMin())) add(belowMin(name, bound), wrongs);
    for (const auto& [name, bound] : readAmounts(item.getMax())) add(aboveMax(name, bound), wrongs);
    for (const auto& [name, bound] : readAmounts(item.getMaxLimitRequestRatio())) add(aboveRatio(name, bound), wrongs);
  }
  // A claim has no limits of its own: it is its request that must not be too large.
  void checkRequests(LimitRangeItem::Reader item, std::vector<std::string>& wrongs) const {
    for (const auto& [name, bound] : readAmounts(item.getMin())) add(belowMin(name, bound), wrongs);
    for (const auto& [name, bound] : readAmounts(item.getMax())) add(requestAboveMax(name, bound), wrongs);
  }

 private:
  static void add(std::string wrong, std::vector<std::string>& wrongs) {
    if (!wrong.empty()) wrongs.push_back(std::move(wrong));
  }
  static const Quantity* in(const Amounts& amounts, const std::string& name) {
    auto at = amounts.find(name);
    return at == amounts.end() ? nullptr : &at->second;
  }
  static const Quantity& orZero(const Quantity* amount) {
    static const Quantity kZero;
    return amount == nullptr ? kZero : *amount;
  }

  std::string belowMin(const std::string& name, const Quantity& bound) const {
    const Quantity *request = in(requests_, name), *limit = in(limits_, name);
    const std::string rule = concat("minimum ", name, " usage per ", type_, " is ", bound.text());
    const Compared compared(orZero(request), orZero(limit), bound);
    if (request == nullptr) return rule + ".  No request is specified";
    if (compared.request < compared.bound) return concat(rule, ", but request is ", request->text());
    if (limit != nullptr && compared.limit < compared.bound) return concat(rule, ", but limit is ", limit->text());
    return {};
  }

  std::string aboveMax(const std::string& name, const Quantity& bound) const {
    const Quantity *request = in(requests_, name), *limit = in(limits_, name);
    const std::string rule = concat("maximum ", name, " usage per ", type_, " is ", bound.text());
    const Compared compared(orZero(request), orZero(limit), bound);
    if (limit == nullptr) return rule + ".  No limit is specified";
    if (compared.limit > compared.bound) return concat(rule, ", but limit is ", limit->text());
    if (request != nullptr && compared.request > compared.bound)
      return concat(rule, ", but request is ", request->text());
    return {};
  }

  std::string requestAboveMax(const std::string& name, const Quantity& bound) const {
    const Quantity* request = in(requests_, name);
    const std::string rule = concat("maximum ", name, " usage per ", type_, " is ", bound.text());
    if (request == nullptr) return rule + ".  No request is specified";
    const Compared compared(*request, Quantity(), bound);
    return compared.request > compared.bound ? concat(rule, ", but request is ", request->text()) : std::string();
  }

  std::string aboveRatio(const std::string& name, const Quantity& bound) const {
    const Quantity *request = in(requests_, name), *limit = in(limits_, name);
    const std::string rule = concat(name, " max limit to request ratio per ", type_, " is ", bound.text(), ", but ");
    const Compared compared(orZero(request), orZero(limit), bound);
    if (request == nullptr || compared.request == 0) return rule + "no request is specified or request is 0";
    if (limit == nullptr || compared.limit == 0) return rule + "no limit is specified or limit is 0";
    const double ratio = static_cast<double>(compared.limit) / static_cast<double>(compared.request);
    const bool fine = ratio * 1000 <= static_cast<double>(bound.milliValue());
    return fine ? std::string() : concat(rule, "provided ratio is ", std::to_string(ratio));
  }

  std::string_view type_;
  Amounts requests_, limits_;
};

std::optional<std::string> told(std::vector<std::string> wrongs) {
  // The same of several containers is said once.
  std::vector<std::string> different;
  for (std::string& wrong : wrongs) {
    if (std::ranges::find(different, wrong) == different.end()) different.push_back(std::move(wrong));
  }
  if (different.empty()) return std::nullopt;
  if (different.size() == 1) return different.front();
  return concat("[", joined(different, ", "), "]");
}

}  // namespace

bool setDefaults(core_v1::Pod::Builder pod, LimitRange::Reader range) {
  const Defaults defaults(range);
  if (defaults.requests.empty() && defaults.limits.empty()) return false;
  std::vector<std::string> notes;
  fillContainers(pod.getSpec().getContainers(), defaults, "container", notes);
  fillContainers(pod.getSpec().getInitContainers(), defaults, "init container", notes);
  if (notes.empty()) return false;
  setAnnotation(pod.getMetadata(), kAnnotation, concat("LimitRanger plugin set: ", joined(notes, "; ")));
  return true;
}

std::optional<std::string> wrongWithPod(core_v1::PodSpec::Reader spec, LimitRange::Reader range) {
  std::vector<std::string> wrongs;
  for (auto item : range.getSpec().getLimits()) {
    if (view(item.getType()) == "Container") {
      for (auto containers : {spec.getContainers(), spec.getInitContainers()}) {
        for (auto container : containers) {
          const auto resources = container.getResources();
          Bounded("Container", readAmounts(resources.getRequests()), readAmounts(resources.getLimits()))
              .check(item, wrongs);
        }
      }
    } else if (view(item.getType()) == "Pod") {
      Bounded("Pod", quota::specifiedAmounts(spec, Asked::requests), quota::specifiedAmounts(spec, Asked::limits))
          .check(item, wrongs);
    }
  }
  return told(std::move(wrongs));
}

std::optional<std::string> wrongWithClaim(core_v1::PersistentVolumeClaimSpec::Reader spec, LimitRange::Reader range) {
  std::vector<std::string> wrongs;
  for (auto item : range.getSpec().getLimits()) {
    if (view(item.getType()) != "PersistentVolumeClaim") continue;
    Bounded("PersistentVolumeClaim", readAmounts(spec.getResources().getRequests()), {}).checkRequests(item, wrongs);
  }
  return told(std::move(wrongs));
}

}  // namespace cleat::limit_ranger
