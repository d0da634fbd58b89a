// ResourceQuotas: what the objects of a namespace may take together. Enforced by admission-resource-quota, counted by
// controller-resource-quota.
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/quantity.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "kinds-common/resource_names.h"
#include "kinds-core/core_kinds.h"

namespace cleat::kinds::core {

namespace {

using core_v1::ResourceQuota;
using QuotaSpec = core_v1::ResourceQuotaSpec;
using AmountList = capnp::List<meta_v1::TextEntry>;

// Which of the resources without a domain a scope can bound; any other one it can.
struct Scope {
  std::string_view name;
  std::span<const std::string_view> resources;
  bool hasValues = false;  // knows other operators than Exists
};

constexpr std::string_view kPods[] = {"pods"};
constexpr std::string_view kPodsAndCompute[] = {"pods",          "cpu",          "memory",         "limits.cpu",
                                                "limits.memory", "requests.cpu", "requests.memory"};
constexpr std::string_view kClaims[] = {"persistentvolumeclaims", "requests.storage"};

constexpr std::array<Scope, 7> kScopes{{
    {"Terminating", kPodsAndCompute},
    {"NotTerminating", kPodsAndCompute},
    {"BestEffort", kPods},
    {"NotBestEffort", kPodsAndCompute},
    {"PriorityClass", kPodsAndCompute, true},
    {"CrossNamespacePodAffinity", kPodsAndCompute},
    {"VolumeAttributesClass", kClaims, true},
}};

const Scope* scopeOf(std::string_view name) {
  const auto* found = std::ranges::find(kScopes, name, &Scope::name);
  return found == kScopes.end() ? nullptr : found;
}

bool canBound(const Scope* scope, std::string_view resource) {
  return scope == nullptr || !isQuotaResource(resource) ||
         std::ranges::find(scope->resources, resource) != scope->resources.end();
}

void setDefaults(ResourceQuota::Builder object, const Change<ResourceQuota>& change) {
  if (change.isDelete()) return;
  if (object.hasSpec() && object.getSpec().hasHard()) roundAmounts(object.getSpec().getHard());
  if (!object.hasStatus()) return;
  roundAmounts(object.getStatus().getHard());
  roundAmounts(object.getStatus().getUsed());
}

void checkAmounts(AmountList::Reader amounts, const Path& path, Findings& findings) {
  for (auto entry : amounts) {
    std::string_view name = view(entry.getKey());
    checkQuotaResourceName(name, path[name], findings);
    checkAmount(name, entry.getValue(), path[name], findings);
  }
}

// What is wrong with one scope that the quota names; `shown` is what the error shows.
void checkScope(std::string_view name, AmountList::Reader hard, const Path& namePath, const Shown& nameShown,
                const Path& path, const Shown& shown, Findings& findings) {
  const Scope* scope = scopeOf(name);
  if (scope == nullptr) findings.invalid(namePath, nameShown, "unsupported scope");
  for (auto entry : hard) {
    if (!canBound(scope, view(entry.getKey()))) findings.invalid(path, shown, "unsupported scope applied to resource");
  }
}

void checkConflicts(const std::set<std::string_view>& scopes, const Path& path, const Shown& shown,
                    Findings& findings) {
  constexpr std::string_view kPairs[][2] = {{"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"}};
  for (const auto& [one, other] : kPairs) {
    if (scopes.contains(one) && scopes.contains(other)) findings.invalid(path, shown, "conflicting scopes");
  }
}

void checkScopes(QuotaSpec::Reader spec, const Path& path, Findings& findings) {
  std::set<std::string_view> scopes;
  const Shown shown = Shown::list(strings(spec.getScopes()));
  for (auto scope : spec.getScopes()) {
    checkScope(view(scope), spec.getHard(), path, shown, path, shown, findings);
    scopes.insert(view(scope));
  }
  checkConflicts(scopes, path, shown, findings);
}

std::string textsOrNull(capnp::List<capnp::Text>::Reader texts) { return Shown::list(strings(texts)).text(); }

Shown shownSelector(core_v1::ScopeSelector::Reader selector) {
  std::string out;
  for (auto one : selector.getMatchExpressions()) {
    out +=
        concat(out.empty() ? "" : ",", "{\"ScopeName\":", jsonText(view(one.getScopeName())),
               ",\"Operator\":", jsonText(view(one.getOperator())), ",\"Values\":", textsOrNull(one.getValues()), "}");
  }
  return Shown::plain(concat("{\"MatchExpressions\":[", out, "]}"));
}

void checkOperator(core_v1::ScopedResourceSelectorRequirement::Reader requirement, const Path& path,
                   Findings& findings) {
  const Scope* scope = scopeOf(view(requirement.getScopeName()));
  const std::string_view op = view(requirement.getOperator());
  if (scope != nullptr && !scope->hasValues && op != "Exists") {
    findings.invalid(path / "operator", op,
                     "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, "
                     "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort "
                     "or ResourceQuotaScopeCrossNamespacePodAffinity");
  }
  const bool none = requirement.getValues().size() == 0;
  if (op == "In" || op == "NotIn") {
    if (none) {
      findings.required(path / "values",
                        "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
    }
  } else if (op == "Exists" || op == "DoesNotExist") {
    if (!none) {
      findings.invalid(path / "values", Shown::list(strings(requirement.getValues())),
                       "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector");
    }
  } else {
    findings.invalid(path / "operator", op, "not a valid selector operator");
  }
}

void checkSelector(QuotaSpec::Reader spec, const Path& path, Findings& findings) {
  if (!spec.hasScopeSelector()) return;
  const Shown shown = shownSelector(spec.getScopeSelector());
  std::set<std::string_view> scopes;
  for (auto requirement : spec.getScopeSelector().getMatchExpressions()) {
    std::string_view name = view(requirement.getScopeName());
    checkScope(name, spec.getHard(), path / "scopeName", name, path, shown, findings);
    checkOperator(requirement, path, findings);
    scopes.insert(name);
  }
  checkConflicts(scopes, path, Shown::list(strings(spec.getScopes())), findings);
}

// Less may be asked for than may be used, and no other way round.
void warnOfOrder(AmountList::Reader hard, Findings& findings) {
  for (const char* resource : {"cpu", "memory", "ephemeral-storage"}) {
    std::string request = concat("requests.", resource);
    const std::string limit = concat("limits.", resource);
    if (!lookup(hard, request)) request = resource;
    if (request == "ephemeral-storage" || !lookup(hard, request) || !lookup(hard, limit)) continue;
    const auto low = Quantity::parse(*lookup(hard, request)), high = Quantity::parse(*lookup(hard, limit));
    if (!low || !high || *low <= *high) continue;
    findings.warn(
        concat("ResourceQuota ", request, " (", low->text(), ") should be less than ", limit, " (", high->text(), ")"));
  }
}

void validate(const Change<ResourceQuota>& change, Findings& findings) {
  if (change.isStatus()) {
    checkAmounts(change.object.getStatus().getHard(), Path("status") / "hard", findings);
    checkAmounts(change.object.getStatus().getUsed(), Path("status") / "used", findings);
    return;
  }
  const auto spec = change.object.getSpec();
  const Path path("spec");
  checkAmounts(spec.getHard(), path / "hard", findings);
  checkScopes(spec, path / "scopes", findings);
  checkSelector(spec, path / "scopeSelector" / "matchExpressions", findings);
  if (change.isCreate()) {
    warnOfOrder(spec.getHard(), findings);
    return;
  }
  const auto now = strings(spec.getScopes()), before = strings(change.old->getSpec().getScopes());
  if (std::set(now.begin(), now.end()) != std::set(before.begin(), before.end())) {
    findings.invalid(path / "scopes", Shown::list(now), kImmutable);
  }
}

void print(ResourceQuota::Reader object, Cells& cells) {
  std::string requests, limits;
  for (auto hard : object.getStatus().getHard()) {
    const std::string_view name = view(hard.getKey());
    std::string& column = name.starts_with("limits.") ? limits : requests;
    const auto used = lookup(object.getStatus().getUsed(), name);
    column += concat(column.empty() ? "" : ", ", name, ": ", used.value_or("0"), "/", view(hard.getValue()));
  }
  cells.text(object.getMetadata().getName());
  cells.text(std::move(requests));
  cells.text(std::move(limits));
  cells.age(object.getMetadata().getCreationTimestamp());
}

}  // namespace

void addResourceQuotas(KindTable& table) {
  table.add<ResourceQuota>(
      {.structFile = kQuotaSchemaFile,
       .shortNames = {"quota"},
       .columns = {nameColumn(),
                   {"Request", "string", "How much is taken of what is bounded, and the bound; of limits see Limit."},
                   {"Limit", "string", "The same of the limits of containers."},
                   ageColumn()},
       .hasStatus = true,
       .keepsGeneration = true,
       .returnsDeleted = true},
      {setDefaults, validate, print});
  table.addStatus<ResourceQuota>();
}

}  // namespace cleat::kinds::core
