#include "tests/plugins/scheduler-default/model.h"

#include <cleat/sdk/node_selector.h>
#include <cleat/sdk/pod_request.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/taints.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

namespace cleat::scheduling::test_model {
namespace {

LabelSelector read(meta_v1::LabelSelector::Reader selector) { return *LabelSelector::compile(selector); }

bool isTolerated(const Object<Pod>& pod, const Object<Node>& node, bool hard) {
  for (auto taint : node->getSpec().getTaints()) {
    const bool soft = view(taint.getEffect()) == "PreferNoSchedule";
    if (soft != hard && !tolerates(pod->getSpec(), taint)) return false;
  }
  return true;
}

bool isCordoned(const Object<Pod>& pod, const Object<Node>& node) {
  if (!node->getSpec().getUnschedulable()) return false;
  capnp::MallocMessageBuilder message;
  auto taint = message.initRoot<core_v1::Taint>();
  taint.setKey("node.kubernetes.io/unschedulable");
  taint.setEffect("NoSchedule");
  return !tolerates(pod->getSpec(), taint.asReader());
}

// What a container takes when nodes are scored.
std::pair<int64_t, int64_t> scoredAmounts(const Object<Pod>& pod) {
  int64_t cpu = 0, memory = 0;
  for (auto container : pod->getSpec().getContainers()) {
    const ResourceAmounts amounts = amountsIn(container.getResources().getRequests());
    cpu += lookup(container.getResources().getRequests(), "cpu") ? amounts.milliCpu : 100;
    memory += lookup(container.getResources().getRequests(), "memory") ? amounts.memory : 200 << 20;
  }
  return {cpu, memory};
}

int64_t freeShare(int64_t used, int64_t all) { return used > all ? 0 : (all - used) * 100 / all; }

double within(double value, double least, double most) { return std::clamp(value, least, most); }

std::vector<core_v1::TopologySpreadConstraint::Reader> constraintsOf(const Object<Pod>& pod, const char* when) {
  std::vector<core_v1::TopologySpreadConstraint::Reader> found;
  for (auto constraint : pod->getSpec().getTopologySpreadConstraints()) {
    if (view(constraint.getWhenUnsatisfiable()) == when) found.push_back(constraint);
  }
  return found;
}

// Of the term itself, and what it says of labels of the pod that asks.
bool labelsMatch(auto term, const Object<Pod>& asks, const Object<Pod>& other) {
  if (!term.hasLabelSelector()) return false;
  if (!read(term.getLabelSelector()).matches(other)) return false;
  for (auto key : term.getMatchLabelKeys()) {
    auto own = label(asks.meta(), view(key));
    if (own && label(other.meta(), view(key)) != own) return false;
  }
  return true;
}

bool isCounted(core_v1::TopologySpreadConstraint::Reader constraint, const Object<Pod>& pod, const Object<Pod>& other) {
  const bool all = constraint.getLabelSelector().getMatchLabels().size() == 0 &&
                   constraint.getLabelSelector().getMatchExpressions().size() == 0 &&
                   constraint.getMatchLabelKeys().size() == 0;
  return pod.ns() == other.ns() && !deletionPending(other.meta()) && !all && labelsMatch(constraint, pod, other);
}

}  // namespace

bool Model::fits(const Object<Pod>& pod, const Object<Node>& node) const {
  return !isCordoned(pod, node) && isTolerated(pod, node, true) && matchesNodeSelection(pod->getSpec(), node) &&
         hasRoom(pod, node) && isEven(pod, node) && isAmongFriends(pod, node);
}

bool Model::hasRoom(const Object<Pod>& pod, const Object<Node>& node) const {
  ResourceAmounts used = requestOf(pod->getSpec());
  const ResourceAmounts asked = used;
  for (const auto& [uid, placed] : pods) {
    if (placed.node != node.name()) continue;
    used.add(requestOf(placed.pod->getSpec()), 1);
    for (const HostPort& port : takenHostPorts(placed.pod->getSpec())) {
      for (const HostPort& wanted : takenHostPorts(pod->getSpec())) {
        if (collide(port, wanted)) return false;
      }
    }
  }
  const ResourceAmounts all = amountsIn(node->getStatus().getAllocatable());
  for (const auto& [name, value] : asked.others) {
    auto has = all.others.find(name);
    if (value > 0 && used.others[name] > (has == all.others.end() ? 0 : has->second)) return false;
  }
  return used.pods <= all.pods && (asked.milliCpu == 0 || used.milliCpu <= all.milliCpu) &&
         (asked.memory == 0 || used.memory <= all.memory);
}

bool Model::takesPart(const Object<Pod>& pod, Constraint constraint, const Object<Node>& node, const char* when) const {
  for (auto each : constraintsOf(pod, when)) {
    if (!label(node.meta(), view(each.getTopologyKey()))) return false;
  }
  if (view(constraint.getNodeAffinityPolicy()) != "Ignore" && !matchesNodeSelection(pod->getSpec(), node)) return false;
  return view(constraint.getNodeTaintsPolicy()) != "Honor" || isTolerated(pod, node, true);
}

int64_t Model::countIn(const Object<Pod>& pod, Constraint constraint, std::string_view domain, const char* when) const {
  int64_t count = 0;
  for (const auto& [uid, placed] : pods) {
    auto node = nodes.find(placed.node);
    if (node == nodes.end() || label(node->second.meta(), view(constraint.getTopologyKey())) != domain) continue;
    count += takesPart(pod, constraint, node->second, when) && isCounted(constraint, pod, placed.pod);
  }
  return count;
}

bool Model::isEven(const Object<Pod>& pod, const Object<Node>& node) const {
  for (auto constraint : constraintsOf(pod, "DoNotSchedule")) {
    const std::string_view key = view(constraint.getTopologyKey());
    auto here = label(node.meta(), key);
    if (!here) return false;
    std::set<std::string_view> domains;
    for (const auto& [name, each] : nodes) {
      if (takesPart(pod, constraint, each, "DoNotSchedule")) domains.insert(*label(each.meta(), key));
    }
    std::optional<int64_t> least;
    for (std::string_view domain : domains) {
      const int64_t count = countIn(pod, constraint, domain, "DoNotSchedule");
      least = std::min(least.value_or(count), count);
    }
    if (static_cast<int64_t>(domains.size()) < valueOr(constraint.getMinDomains(), 1)) least = 0;
    const int64_t itself = labelsMatch(constraint, pod, pod) ? 1 : 0;
    const int64_t count = countIn(pod, constraint, *here, "DoNotSchedule");
    if (count + itself - least.value_or(0) > constraint.getMaxSkew()) return false;
  }
  return true;
}

bool Model::means(Term term, const Object<Pod>& asks, const Object<Pod>& other) const {
  bool ns = contains(term.getNamespaces(), other.ns());
  if (term.hasNamespaceSelector()) {
    auto found = namespaces.find(std::string(other.ns()));
    const TextMapReader labels = found == namespaces.end() ? TextMapReader() : found->second.meta().getLabels();
    ns = ns || read(term.getNamespaceSelector()).matches(labels);
  } else if (term.getNamespaces().size() == 0) {
    ns = asks.ns() == other.ns();
  }
  if (!ns || !labelsMatch(term, asks, other)) return false;
  for (auto key : term.getMismatchLabelKeys()) {
    auto own = label(asks.meta(), view(key));
    if (own && label(other.meta(), view(key)) == own) return false;
  }
  return true;
}

bool Model::anyIn(std::string_view key, std::string_view value,
                  const std::function<bool(const Object<Pod>&)>& meant) const {
  return std::ranges::any_of(pods, [&](const auto& entry) {
    auto node = nodes.find(entry.second.node);
    return node != nodes.end() && label(node->second.meta(), key) == value && meant(entry.second.pod);
  });
}

bool Model::isAmongFriends(const Object<Pod>& pod, const Object<Node>& node) const {
  auto affinity = pod->getSpec().getAffinity();
  auto near = affinity.getPodAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
  auto meansAll = [&](const Object<Pod>& other) {
    for (auto term : near) {
      if (!means(term, pod, other)) return false;
    }
    return true;
  };
  bool found = true, any = false;
  for (auto term : near) {
    const std::string_view key = view(term.getTopologyKey());
    auto here = label(node.meta(), key);
    if (!here) return false;
    found = found && anyIn(key, *here, meansAll);
    for (const auto& [name, other] : nodes) {
      auto there = label(other.meta(), key);
      any = any || (there && anyIn(key, *there, meansAll));
    }
  }
  if (!found && (any || !meansAll(pod))) return false;
  for (auto term : affinity.getPodAntiAffinity().getRequiredDuringSchedulingIgnoredDuringExecution()) {
    auto here = label(node.meta(), view(term.getTopologyKey()));
    auto meant = [&](const Object<Pod>& other) { return means(term, pod, other); };
    if (here && anyIn(view(term.getTopologyKey()), *here, meant)) return false;
  }
  for (const auto& [uid, placed] : pods) {
    auto theirs = nodes.find(placed.node);
    if (theirs == nodes.end()) continue;
    auto terms = placed.pod->getSpec().getAffinity().getPodAntiAffinity();
    for (auto term : terms.getRequiredDuringSchedulingIgnoredDuringExecution()) {
      auto there = label(theirs->second.meta(), view(term.getTopologyKey()));
      if (there && label(node.meta(), view(term.getTopologyKey())) == there && means(term, placed.pod, pod))
        return false;
    }
  }
  return true;
}

int64_t Model::roomScore(const Object<Pod>& pod, const Object<Node>& node) const {
  const ResourceAmounts all = amountsIn(node->getStatus().getAllocatable());
  const ResourceAmounts asked = requestOf(pod->getSpec());
  ResourceAmounts used;
  auto [cpu, memory] = scoredAmounts(pod);
  for (const auto& [uid, placed] : pods) {
    if (placed.node != node.name()) continue;
    used.add(requestOf(placed.pod->getSpec()), 1);
    const auto [itsCpu, itsMemory] = scoredAmounts(placed.pod);
    cpu += itsCpu;
    memory += itsMemory;
  }
  const int64_t room = (freeShare(cpu, all.milliCpu) + freeShare(memory, all.memory)) / 2;
  if (asked.milliCpu == 0 && asked.memory == 0) return room;
  auto evenness = [&](const ResourceAmounts& amounts) {
    const double first = within(double(amounts.milliCpu) / double(all.milliCpu), 0, 1);
    const double second = within(double(amounts.memory) / double(all.memory), 0, 1);
    return static_cast<int64_t>((1 - std::abs((first - second) / 2)) * 100);
  };
  ResourceAmounts together = used;
  together.add(asked, 1);
  return room + 50 + (50 + evenness(together) - evenness(used)) / 2;
}

Model::Raw Model::spreadRaw(const Object<Pod>& pod, const std::vector<Object<Node>>& fit) const {
  constexpr const char* kWhen = "ScheduleAnyway";
  auto constraints = constraintsOf(pod, kWhen);
  auto counts = [&](const Object<Node>& node) {
    return std::ranges::all_of(constraints,
                               [&](auto each) { return label(node.meta(), view(each.getTopologyKey())).has_value(); });
  };
  Raw raw;
  for (const Object<Node>& node : fit) {
    if (!counts(node)) continue;
    double crowd = 0;
    for (auto constraint : constraints) {
      const std::string_view key = view(constraint.getTopologyKey());
      std::set<std::string_view> domains;
      for (const Object<Node>& other : fit) {
        if (counts(other)) domains.insert(*label(other.meta(), key));
      }
      crowd += double(countIn(pod, constraint, *label(node.meta(), key), kWhen)) * std::log(double(domains.size() + 2));
      crowd += constraint.getMaxSkew() - 1;
    }
    raw[std::string(node.name())] = std::round(crowd);
  }
  return raw;
}

Model::Raw Model::friendsRaw(const Object<Pod>& pod, const std::vector<Object<Node>>& fit) const {
  Raw raw;
  for (const Object<Node>& node : fit) raw[std::string(node.name())] = 0;
  auto weigh = [&](Term term, const Object<Node>& theirs, double weight) {
    auto there = label(theirs.meta(), view(term.getTopologyKey()));
    for (const Object<Node>& node : fit) {
      if (there && label(node.meta(), view(term.getTopologyKey())) == there) raw[std::string(node.name())] += weight;
    }
  };
  auto prefer = [&](auto affinity, const Object<Pod>& asks, const Object<Pod>& other, const Object<Node>& there,
                    int sign) {
    for (auto each : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
      if (means(each.getPodAffinityTerm(), asks, other))
        weigh(each.getPodAffinityTerm(), there, sign * each.getWeight());
    }
  };
  for (const auto& [uid, placed] : pods) {
    auto found = nodes.find(placed.node);
    if (found == nodes.end()) continue;
    const Object<Node>& there = found->second;
    prefer(pod->getSpec().getAffinity().getPodAffinity(), pod, placed.pod, there, 1);
    prefer(pod->getSpec().getAffinity().getPodAntiAffinity(), pod, placed.pod, there, -1);
    auto theirs = placed.pod->getSpec().getAffinity();
    prefer(theirs.getPodAffinity(), placed.pod, pod, there, 1);
    prefer(theirs.getPodAntiAffinity(), placed.pod, pod, there, -1);
    for (auto term : theirs.getPodAffinity().getRequiredDuringSchedulingIgnoredDuringExecution()) {
      if (means(term, placed.pod, pod)) weigh(term, there, 1);
    }
  }
  return raw;
}

std::map<std::string, int64_t> Model::scores(const Object<Pod>& pod) const {
  std::vector<Object<Node>> fit;
  for (const auto& [name, node] : nodes) {
    if (fits(pod, node)) fit.push_back(node);
  }
  std::map<std::string, int64_t> scores, taints, preferred;
  int64_t mostTaints = 0, mostPreferred = 0;
  for (const Object<Node>& node : fit) {
    const std::string name(node.name());
    for (auto taint : node->getSpec().getTaints()) {
      taints[name] += view(taint.getEffect()) == "PreferNoSchedule" && !tolerates(pod->getSpec(), taint);
    }
    auto affinity = pod->getSpec().getAffinity().getNodeAffinity();
    for (auto each : affinity.getPreferredDuringSchedulingIgnoredDuringExecution()) {
      if (matchesTerm(each.getPreference(), node)) preferred[name] += each.getWeight();
    }
    mostTaints = std::max(mostTaints, taints[name]);
    mostPreferred = std::max(mostPreferred, preferred[name]);
  }
  const Raw spread = spreadRaw(pod, fit), friends = friendsRaw(pod, fit);
  const bool spreads = !constraintsOf(pod, "ScheduleAnyway").empty();
  auto values = [](const Raw& raw, auto pick) {
    return raw.empty() ? 0 : pick(raw, [](const auto& a, const auto& b) { return a.second < b.second; })->second;
  };
  auto least = [&](const Raw& raw) {
    return values(raw, [](const auto& r, auto less) { return std::ranges::min_element(r, less); });
  };
  auto most = [&](const Raw& raw) {
    return values(raw, [](const auto& r, auto less) { return std::ranges::max_element(r, less); });
  };
  for (const Object<Node>& node : fit) {
    const std::string name(node.name());
    int64_t& score = scores[name];
    score = roomScore(pod, node) + 3 * (mostTaints == 0 ? 100 : 100 - 100 * taints[name] / mostTaints);
    if (mostPreferred > 0) score += 2 * (100 * preferred[name] / mostPreferred);
    if (auto crowd = spread.find(name); spreads && crowd != spread.end()) {
      const auto high = static_cast<int64_t>(most(spread)), low = static_cast<int64_t>(least(spread));
      score += 2 * (high == 0 ? 100 : 100 * (high + low - static_cast<int64_t>(crowd->second)) / high);
    }
    const double range = most(friends) - least(friends);
    if (range > 0) score += 2 * static_cast<int64_t>(100 * ((friends.at(name) - least(friends)) / range));
  }
  return scores;
}

}  // namespace cleat::scheduling::test_model
