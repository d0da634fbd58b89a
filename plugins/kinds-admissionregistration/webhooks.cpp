#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <set>

#include "kinds-admissionregistration/registration_kinds.h"
#include "kinds-common/metadata.h"
#include "kinds-common/names.h"
#include "kinds-common/webhook_address.h"

namespace cleat::kinds::admissionregistration {

namespace {

constexpr int32_t kDefaultTimeout = 10, kLongestTimeout = 30, kDefaultPort = 443;
constexpr size_t kLeastSegments = 3;
constexpr std::string_view kKnownReviews[] = {"v1", "v1beta1"};

template <class Hook>
constexpr bool kMutates = requires(Hook hook) { hook.hasReinvocationPolicy(); };

// Those of a ValidatingWebhookConfiguration or a MutatingWebhookConfiguration.
template <class K>
void setHookDefaults(typename K::Builder configuration, const Change<K>&) {
  if (!configuration.hasWebhooks()) return;
  for (auto hook : configuration.getWebhooks()) {
    if (!hook.hasFailurePolicy()) hook.setFailurePolicy("Fail");
    if (!hook.hasMatchPolicy()) hook.setMatchPolicy("Equivalent");
    if (!hook.hasNamespaceSelector()) hook.initNamespaceSelector();
    if (!hook.hasObjectSelector()) hook.initObjectSelector();
    if (!hook.hasTimeoutSeconds()) hook.initTimeoutSeconds().setValue(kDefaultTimeout);
    if constexpr (kMutates<decltype(hook)>) {
      if (!hook.hasReinvocationPolicy()) hook.setReinvocationPolicy("Never");
    }
    if (hook.hasRules()) {
      for (auto rule : hook.getRules()) setScope(rule);
    }
    auto client = hook.getClientConfig();
    if (client.hasService() && !client.getService().hasPort()) {
      client.getService().initPort().setValue(kDefaultPort);
    }
  }
}

bool isNoSideEffect(std::string_view sideEffects) { return sideEffects == "None" || sideEffects == "NoneOnDryRun"; }

bool hasKnownReview(capnp::List<capnp::Text>::Reader versions) {
  return std::ranges::any_of(kKnownReviews, [&](std::string_view known) { return contains(versions, known); });
}

// Which rules are held against a change: those that the old state fulfilled.
struct Strictness {
  bool noSideEffects = true, knownReviews = true, uniqueNames = true, matchConditions = true;
};

template <class Hooks>
Strictness strictnessFor(Hooks old, Hooks now) {
  Strictness strict;
  std::set<std::string_view> names;
  for (auto hook : old) {
    strict.noSideEffects &= isNoSideEffect(view(hook.getSideEffects()));
    strict.knownReviews &=
        hook.getAdmissionReviewVersions().size() == 0 || hasKnownReview(hook.getAdmissionReviewVersions());
    strict.uniqueNames &= names.insert(view(hook.getName())).second;
  }
  bool same = old.size() == now.size();
  for (uint32_t i = 0; same && i < old.size(); ++i) {
    same = sameStruct(old[i].getMatchConditions(), now[i].getMatchConditions());
  }
  strict.matchConditions = !same;
  return strict;
}

void checkHookName(capnp::Text::Reader name, const Path& path, Findings& findings) {
  if (name.size() == 0) return findings.required(path);
  const std::string_view text = view(name);
  if (Wrongs wrongs = wrongDns1123Subdomain(text); !wrongs.empty()) {
    findings.invalid(path, text, joined(wrongs, ","));
  } else if (std::ranges::count(text, '.') + 1 < static_cast<ptrdiff_t>(kLeastSegments)) {
    findings.invalid(path, text, "should be a domain with at least three segments separated by dots");
  }
}

void checkSideEffects(bool present, std::string_view sideEffects, bool none, const Path& path, Findings& findings) {
  if (!present) {
    findings.required(
        path, concat("must specify one of ", none ? "None, NoneOnDryRun" : "None, NoneOnDryRun, Some, Unknown"));
  } else if (none) {
    checkOneOf(sideEffects, path, {"None", "NoneOnDryRun"}, findings);
  } else {
    checkOneOf(sideEffects, path, {"None", "NoneOnDryRun", "Some", "Unknown"}, findings);
  }
}

void checkReviews(capnp::List<capnp::Text>::Reader versions, bool known, const Path& path, Findings& findings) {
  if (versions.size() == 0) return findings.required(path, "must specify one of v1, v1beta1");
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < versions.size(); ++i) {
    if (!seen.insert(view(versions[i])).second) {
      findings.invalid(path[i], versions[i], "duplicate version");
    } else {
      findings.invalidEach(path[i], versions[i], wrongDns1035Label(view(versions[i])));
    }
  }
  if (known && !hasKnownReview(versions)) {
    findings.invalid(path, Shown::list(strings(versions)), "must include at least one of v1, v1beta1");
  }
}

template <class Hook>
void checkHook(Hook hook, const Strictness& strict, const Path& path, Findings& findings) {
  checkHookName(hook.getName(), path / "name", findings);
  auto rules = hook.getRules();
  for (uint32_t i = 0; i < rules.size(); ++i) checkRule(rules[i], (path / "rules")[i], findings);
  checkFailurePolicy(view(hook.getFailurePolicy()), path / "failurePolicy", findings);
  checkMatchPolicy(view(hook.getMatchPolicy()), path / "matchPolicy", findings);
  checkSideEffects(hook.getSideEffects().size() > 0, view(hook.getSideEffects()), strict.noSideEffects,
                   path / "sideEffects", findings);
  const int32_t seconds = hook.getTimeoutSeconds().getValue();
  if (seconds < 1 || seconds > kLongestTimeout) {
    findings.invalid(path / "timeoutSeconds", seconds, "the timeout value must be between 1 and 30 seconds");
  }
  checkLabelSelector(hook.getNamespaceSelector(), path / "namespaceSelector", findings);
  checkLabelSelector(hook.getObjectSelector(), path / "objectSelector", findings);
  if constexpr (kMutates<Hook>) {
    checkOneOf(view(hook.getReinvocationPolicy()), path / "reinvocationPolicy", {"IfNeeded", "Never"}, findings);
  }
  checkWebhookAddress(WebhookAddress::of(hook.getClientConfig()), path / "clientConfig", findings);
  if (strict.matchConditions)
    checkMatchConditions(hook.getMatchConditions(), false, path / "matchConditions", findings);
  checkReviews(hook.getAdmissionReviewVersions(), strict.knownReviews, path / "admissionReviewVersions", findings);
}

template <class K>
void validateHooks(const Change<K>& change, Findings& findings) {
  auto hooks = change.object.getWebhooks();
  const Strictness strict = change.old ? strictnessFor(change.old->getWebhooks(), hooks) : Strictness();
  std::set<std::string_view> names;
  for (uint32_t i = 0; i < hooks.size(); ++i) {
    const Path path = Path("webhooks")[i];
    checkHook(hooks[i], strict, path, findings);
    auto name = hooks[i].getName();
    const bool seen = name.size() > 0 && !names.insert(view(name)).second;
    if (seen && strict.uniqueNames) findings.duplicate(path / "name", name);
  }
}

template <class K>
void printHooks(typename K::Reader configuration, Cells& cells) {
  cells.text(configuration.getMetadata().getName());
  cells.integer(configuration.getWebhooks().size());
  cells.age(configuration.getMetadata().getCreationTimestamp());
}

template <class K>
void addConfiguration(KindTable& table) {
  table.add<K>({.structFile = kSchemaFile,
                .categories = {kCategory},
                .columns = {nameColumn(), {"Webhooks", "integer", "How many webhooks it has."}, ageColumn()},
                .updateNeedsRevision = true,
                .anyFinalizers = true},
               {setHookDefaults<K>, validateHooks<K>, printHooks<K>});
}

}  // namespace

void addWebhooks(KindTable& table) {
  addConfiguration<v1::ValidatingWebhookConfiguration>(table);
  addConfiguration<v1::MutatingWebhookConfiguration>(table);
}

}  // namespace cleat::kinds::admissionregistration
