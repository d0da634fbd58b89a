#include "flowcontrol-common/defaults.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <sstream>

namespace cleat::flowcontrol {

namespace {

struct Level {
  const char* name;
  int32_t shares, lendablePercent;
  int32_t queues = 0, handSize = 0;  // no queues: what is too much is rejected
  bool mandatory = false;
};

constexpr int32_t kQueueLength = 50;

constexpr Level kLevels[] = {
    {.name = "exempt", .shares = 0, .lendablePercent = 0, .mandatory = true},
    {.name = "catch-all", .shares = 5, .lendablePercent = 0, .mandatory = true},
    {"system", 30, 33, 64, 6},
    {"node-high", 40, 25, 64, 6},
    {"leader-election", 10, 0, 16, 4},
    {"workload-high", 40, 50, 128, 6},
    {"workload-low", 100, 90, 128, 6},
    {"global-default", 20, 50, 128, 6},
};

// Who: words of the form group:NAME, user:NAME or account:NAMESPACE/NAME. What, one a line: "VERBS GROUPS RESOURCES",
// of any namespace and, with "cluster" behind it, of none; or "url PATHS VERBS". "-" is the core group.
struct Schema {
  const char *name, *level;
  int32_t precedence;
  const char *distinguisher, *subjects, *rules;
  bool mandatory = false;
};

constexpr const char* kEverybody = "group:system:unauthenticated group:system:authenticated";
constexpr const char* kEverything = "* * * cluster\nurl * *";

constexpr Schema kSchemas[] = {
    {"exempt", "exempt", 1, "", "group:system:masters", kEverything, true},
    {"catch-all", "catch-all", 10000, "ByUser", kEverybody, kEverything, true},
    {"system-nodes", "system", 500, "ByUser", "group:system:nodes", kEverything},
    {"system-node-high", "node-high", 400, "ByUser", "group:system:nodes",
     "* - nodes,nodes/status cluster\n* coordination.k8s.io leases"},
    {"probes", "exempt", 2, "", kEverybody, "url /healthz,/readyz,/livez get"},
    {"system-leader-election", "leader-election", 100, "ByUser",
     "user:system:kube-controller-manager user:system:kube-scheduler account:kube-system/*",
     "get,create,update coordination.k8s.io leases"},
    {"kube-controller-manager", "workload-high", 800, "ByNamespace", "user:system:kube-controller-manager",
     kEverything},
    {"kube-scheduler", "workload-high", 800, "ByNamespace", "user:system:kube-scheduler", kEverything},
    {"kube-system-service-accounts", "workload-high", 900, "ByNamespace", "account:kube-system/*", kEverything},
    {"service-accounts", "workload-low", 9000, "ByUser", "group:system:serviceaccounts", kEverything},
    {"global-default", "global-default", 9900, "ByUser", kEverybody, kEverything},
};

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

void fillSubject(flowcontrol_v1::Subject::Builder subject, const std::string& text) {
  const std::string kind = text.substr(0, text.find(':')), name = text.substr(kind.size() + 1);
  if (kind == "user") {
    subject.setKind("User");
    subject.initUser().setName(name);
  } else if (kind == "group") {
    subject.setKind("Group");
    subject.initGroup().setName(name);
  } else {
    const size_t slash = name.find('/');
    subject.setKind("ServiceAccount");
    subject.initServiceAccount().setNamespace(name.substr(0, slash));
    subject.getServiceAccount().setName(name.substr(slash + 1));
  }
}

template <class Builder>
auto listOf(Builder of, const std::string& text) {
  return textList(orphanageOf(of), split(text == "-" ? "," : text, ','));
}

void fillRules(flowcontrol_v1::PolicyRulesWithSubjects::Builder policy, const std::vector<std::string>& lines) {
  std::vector<std::vector<std::string>> resources, urls;
  for (const std::string& line : lines) {
    std::vector<std::string> words = split(line, ' ');
    (words[0] == "url" ? urls : resources).push_back(std::move(words));
  }
  if (!resources.empty()) {
    auto rules = policy.initResourceRules(static_cast<uint32_t>(resources.size()));
    for (uint32_t i = 0; i < rules.size(); ++i) {
      rules[i].adoptVerbs(listOf(rules[i], resources[i][0]));
      rules[i].adoptApiGroups(listOf(rules[i], resources[i][1]));
      rules[i].adoptResources(listOf(rules[i], resources[i][2]));
      rules[i].adoptNamespaces(listOf(rules[i], "*"));
      rules[i].setClusterScope(resources[i].size() > 3);
    }
  }
  if (urls.empty()) return;
  auto rules = policy.initNonResourceRules(static_cast<uint32_t>(urls.size()));
  for (uint32_t i = 0; i < rules.size(); ++i) {
    rules[i].adoptNonResourceURLs(listOf(rules[i], urls[i][1]));
    rules[i].adoptVerbs(listOf(rules[i], urls[i][2]));
  }
}

template <class K>
Draft<K> named(const char* name) {
  Draft<K> draft;
  draft.meta().setName(name);
  setAnnotation(draft.meta(), kAutoUpdate, "true");
  return draft;
}

Object<FlowSchema> made(const Schema& schema) {
  Draft<FlowSchema> draft = named<FlowSchema>(schema.name);
  auto spec = draft->initSpec();
  spec.initPriorityLevelConfiguration().setName(schema.level);
  spec.setMatchingPrecedence(schema.precedence);
  if (*schema.distinguisher != '\0') spec.initDistinguisherMethod().setType(schema.distinguisher);
  auto policy = spec.initRules(1)[0];
  const std::vector<std::string> who = split(schema.subjects, ' ');
  auto subjects = policy.initSubjects(static_cast<uint32_t>(who.size()));
  for (uint32_t i = 0; i < subjects.size(); ++i) fillSubject(subjects[i], who[i]);
  fillRules(policy, split(schema.rules, '\n'));
  return std::move(draft).freeze();
}

Object<PriorityLevelConfiguration> made(const Level& level) {
  Draft<PriorityLevelConfiguration> draft = named<PriorityLevelConfiguration>(level.name);
  auto spec = draft->initSpec();
  if (level.name == kExempt) {
    spec.setType("Exempt");
    spec.initExempt().initNominalConcurrencyShares().setValue(level.shares);
    spec.getExempt().initLendablePercent().setValue(level.lendablePercent);
    return std::move(draft).freeze();
  }
  spec.setType("Limited");
  auto limited = spec.initLimited();
  limited.initNominalConcurrencyShares().setValue(level.shares);
  limited.initLendablePercent().setValue(level.lendablePercent);
  auto response = limited.initLimitResponse();
  response.setType(level.queues > 0 ? "Queue" : "Reject");
  if (level.queues == 0) return std::move(draft).freeze();
  auto queuing = response.initQueuing();
  queuing.setQueues(level.queues);
  queuing.setHandSize(level.handSize);
  queuing.setQueueLengthLimit(kQueueLength);
  return std::move(draft).freeze();
}

template <class K, class Row, size_t N>
std::vector<Default<K>> madeOf(const Row (&rows)[N]) {
  std::vector<Default<K>> all;
  for (const Row& row : rows) all.push_back({made(row), row.mandatory});
  return all;
}

}  // namespace

const std::vector<Default<FlowSchema>>& defaultSchemas() {
  static const std::vector<Default<FlowSchema>> all = madeOf<FlowSchema>(kSchemas);
  return all;
}
const std::vector<Default<PriorityLevelConfiguration>>& defaultLevels() {
  static const std::vector<Default<PriorityLevelConfiguration>> all = madeOf<PriorityLevelConfiguration>(kLevels);
  return all;
}

}  // namespace cleat::flowcontrol
