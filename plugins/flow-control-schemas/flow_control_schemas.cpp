// Priority and fairness: FlowSchemas and PriorityLevelConfigurations as what they say of the server's seats.
#include <cleat/sdk/flow_control_plugin.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <cleat/sdk/lists.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "flowcontrol-common/defaults.h"

using namespace cleat;
using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;

namespace {

// As Kubernetes estimates lists: a seat for each hundred objects, at most ten, and no more than this part of a level's.
constexpr uint32_t kObjectsPerSeat = 100, kMostSeats = 10;
// And what comes after a write: a seat for each ten watches, for 5 ms. A node's watch of its own pods hears of few.
constexpr uint32_t kWatchesPerSeat = 10, kTellingMicros = 5000;
constexpr double kMostOfLevel = 0.15;
constexpr int32_t kUsualShares = 30;

// What a level says of its seats.
struct Share {
  int32_t shares = 0;
  int32_t lendablePercent = 0;
  std::optional<int32_t> borrowingPercent;
  bool exempt = false;
};

Share shareOf(PriorityLevelConfiguration::Reader level) {
  auto spec = level.getSpec();
  Share share;
  if (view(spec.getType()) == "Exempt") {
    auto exempt = spec.getExempt();
    share.exempt = true;
    share.shares = exempt.hasNominalConcurrencyShares() ? exempt.getNominalConcurrencyShares().getValue() : 0;
    share.lendablePercent = exempt.hasLendablePercent() ? exempt.getLendablePercent().getValue() : 0;
    return share;
  }
  auto limited = spec.getLimited();
  share.shares =
      limited.hasNominalConcurrencyShares() ? limited.getNominalConcurrencyShares().getValue() : kUsualShares;
  share.lendablePercent = limited.hasLendablePercent() ? limited.getLendablePercent().getValue() : 0;
  if (limited.hasBorrowingLimitPercent()) share.borrowingPercent = limited.getBorrowingLimitPercent().getValue();
  return share;
}

uint32_t percentOf(uint32_t seats, int32_t percent) {
  return static_cast<uint32_t>(std::lround(seats * (std::max(percent, 0) / 100.0)));
}

void fillSeats(role::FlowLevel::Builder to, const Share& share, uint32_t all, int64_t allShares) {
  const double part = allShares > 0 ? static_cast<double>(share.shares) / static_cast<double>(allShares) : 0;
  const auto seats = static_cast<uint32_t>(std::ceil(all * part));
  to.setUnlimited(share.exempt);
  to.setSeats(seats);
  to.setLeastSeats(seats - std::min(seats, percentOf(seats, share.lendablePercent)));
  to.setMostSeats(share.borrowingPercent ? seats + percentOf(seats, *share.borrowingPercent) : std::max(all, seats));
  const auto most = static_cast<uint32_t>(std::ceil(seats * kMostOfLevel));
  to.setMostSeatsOfRequest(std::clamp(most, 1u, kMostSeats));
}

void fillQueues(role::FlowLevel::Builder to, PriorityLevelConfiguration::Reader level) {
  auto response = level.getSpec().getLimited().getLimitResponse();
  if (view(response.getType()) != "Queue") return;
  auto queuing = response.getQueuing();
  to.setQueues(static_cast<uint32_t>(std::max(queuing.getQueues(), 1)));
  to.setHandSize(static_cast<uint32_t>(std::max(queuing.getHandSize(), 1)));
  to.setQueueLength(static_cast<uint32_t>(std::max(queuing.getQueueLengthLimit(), 1)));
}

void fillSubjects(role::FlowRule::Builder to, flowcontrol_v1::PolicyRulesWithSubjects::Reader policy) {
  std::vector<std::string> users, prefixes, groups;
  for (auto subject : policy.getSubjects()) {
    const std::string_view kind = view(subject.getKind());
    if (kind == "User") users.push_back(str(subject.getUser().getName()));
    if (kind == "Group") groups.push_back(str(subject.getGroup().getName()));
    if (kind != "ServiceAccount") continue;
    auto account = subject.getServiceAccount();
    const std::string all = concat("system:serviceaccount:", view(account.getNamespace()), ":");
    if (view(account.getName()) == "*") {
      prefixes.push_back(all);
    } else {
      users.push_back(concat(all, view(account.getName())));
    }
  }
  to.adoptUsers(textList(orphanageOf(to), users));
  to.adoptUserPrefixes(textList(orphanageOf(to), prefixes));
  to.adoptGroups(textList(orphanageOf(to), groups));
}

void fillRule(role::FlowRule::Builder to, flowcontrol_v1::PolicyRulesWithSubjects::Reader policy) {
  fillSubjects(to, policy);
  auto resources = to.initResources(policy.getResourceRules().size());
  for (uint32_t i = 0; i < resources.size(); ++i) {
    auto rule = policy.getResourceRules()[i];
    resources[i].setVerbs(rule.getVerbs());
    resources[i].setGroups(rule.getApiGroups());
    resources[i].setResources(rule.getResources());
    resources[i].setNamespaces(rule.getNamespaces());
    resources[i].setClusterScope(rule.getClusterScope());
  }
  auto paths = to.initPaths(policy.getNonResourceRules().size());
  for (uint32_t i = 0; i < paths.size(); ++i) {
    paths[i].setVerbs(policy.getNonResourceRules()[i].getVerbs());
    paths[i].setPaths(policy.getNonResourceRules()[i].getNonResourceURLs());
  }
}

role::FlowSplit splitOf(FlowSchema::Reader schema) {
  if (!schema.getSpec().hasDistinguisherMethod()) return role::FlowSplit::NONE;
  const std::string_view type = view(schema.getSpec().getDistinguisherMethod().getType());
  if (type == "ByUser") return role::FlowSplit::BY_USER;
  return type == "ByNamespace" ? role::FlowSplit::BY_NAMESPACE : role::FlowSplit::NONE;
}

// Objects by their names: those that there are, and of the mandatory ones those that there are not.
template <class K>
std::map<std::string, Object<K>> withMandatory(const Informer<K>& informer,
                                               const std::vector<flowcontrol::Default<K>>& defaults) {
  std::map<std::string, Object<K>> all;
  informer.forEach([&](const Object<K>& each) { all.emplace(each.name(), each); });
  for (const auto& each : defaults) {
    if (each.mandatory) all.emplace(each.object.name(), each.object);
  }
  return all;
}

class FlowControlSchemas : public FlowControlPlugin {
 public:
  using FlowControlPlugin::FlowControlPlugin;

  Task<Result<void>> start() override {
    schemas_.onChange([this](const Object<FlowSchema>& before, const Object<FlowSchema>& now) { note(before, now); });
    levels_.onChange([this](const Object<PriorityLevelConfiguration>& before,
                            const Object<PriorityLevelConfiguration>& now) { note(before, now); });
    schemas_.start();
    levels_.start();
    co_await schemas_.waitSynced();
    co_await levels_.waitSynced();
    co_return Result<void>();
  }

  void fill(uint32_t seats, role::FlowsResults::Builder results) override {
    results.setObjectsPerSeat(kObjectsPerSeat);
    results.setWatchesPerSeat(kWatchesPerSeat);
    results.setTellingMicros(kTellingMicros);
    auto narrow = results.initNarrowWatches(1)[0];
    narrow.setResource("pods");
    narrow.setField("spec.nodeName");
    results.initSilentChanges(1).set(0, "serviceaccounts/token");
    const auto levels = withMandatory(levels_, flowcontrol::defaultLevels());
    int64_t allShares = 0;
    for (const auto& [name, level] : levels) allShares += shareOf(*level).shares;
    auto list = results.initLevels(static_cast<uint32_t>(levels.size()));
    std::map<std::string, uint32_t> places;
    for (const auto& [name, level] : levels) {
      const auto place = static_cast<uint32_t>(places.size());
      places.emplace(name, place);
      list[place].setName(name);
      list[place].setUid(str(level.meta().getUid()));
      fillSeats(list[place], shareOf(*level), seats, allShares);
      fillQueues(list[place], *level);
    }
    fillFlows(results, places);
  }

 private:
  // Status says nothing of what is to be done.
  template <class K>
  void note(const Object<K>& before, const Object<K>& now) {
    if (before && now && before.meta().getGeneration() == now.meta().getGeneration() &&
        view(before.meta().getUid()) == view(now.meta().getUid())) {
      return;
    }
    changed_.wake();
  }

  // By precedence and name; what refers to a level that there is not takes no requests.
  void fillFlows(role::FlowsResults::Builder results, const std::map<std::string, uint32_t>& levels) const {
    std::vector<Object<FlowSchema>> schemas;
    for (const auto& [name, schema] : withMandatory(schemas_, flowcontrol::defaultSchemas())) {
      if (levels.contains(str(schema->getSpec().getPriorityLevelConfiguration().getName()))) schemas.push_back(schema);
    }
    std::ranges::stable_sort(schemas, {},
                             [](const Object<FlowSchema>& each) { return each->getSpec().getMatchingPrecedence(); });
    auto flows = results.initFlows(static_cast<uint32_t>(schemas.size()));
    for (uint32_t i = 0; i < flows.size(); ++i) {
      auto spec = schemas[i]->getSpec();
      flows[i].setName(std::string(schemas[i].name()));
      flows[i].setUid(str(schemas[i].meta().getUid()));
      flows[i].setLevel(levels.at(str(spec.getPriorityLevelConfiguration().getName())));
      flows[i].setSplit(splitOf(*schemas[i]));
      auto rules = flows[i].initRules(spec.getRules().size());
      for (uint32_t rule = 0; rule < rules.size(); ++rule) fillRule(rules[rule], spec.getRules()[rule]);
    }
  }

  Waker changed_{context(), [this] { flowsChanged(); }};
  Informer<FlowSchema> schemas_{context()};
  Informer<PriorityLevelConfiguration> levels_{context()};
};

}  // namespace

CLEAT_PLUGIN(FlowControlSchemas, .name = "flow-control-schemas", .version = "0.1.0", .maturity = "beta",
             .roles = "flow-control",
             .grants = "flowcontrol.apiserver.k8s.io flowschemas,prioritylevelconfigurations get,list,watch\n");
