#include "kinds-apiextensions/definition_rules.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <set>

#include "kinds-apiextensions/approval.h"
#include "kinds-apiextensions/version_rules.h"
#include "kinds-common/names.h"
#include "kinds-common/webhook_address.h"

namespace cleat::kinds::extensions {

namespace {

using Spec = apiextensions_v1::CustomResourceDefinitionSpec::Reader;
using Names = apiextensions_v1::CustomResourceDefinitionNames::Reader;
using Versions = capnp::List<apiextensions_v1::CustomResourceDefinitionVersion>::Reader;

// Everything that is wrong with one name is said at once.
void checkLabel(std::string_view name, const Path& path, Findings& findings) {
  Wrongs wrongs = wrongDns1035Label(name);
  if (!wrongs.empty()) findings.invalid(path, name, joined(wrongs, ","));
}

void checkKindName(std::string_view name, const Path& path, Findings& findings) {
  Wrongs wrongs = wrongDns1035Label(lowerCase(name));
  if (wrongs.empty()) return;
  findings.invalid(path, name, concat("may have mixed case, but should otherwise match: ", joined(wrongs, ",")));
}

// Of the spec's names and of those in the status, which need not be complete.
void checkNames(Names names, const Path& path, Findings& findings) {
  if (names.getPlural().size() > 0) checkLabel(view(names.getPlural()), path / "plural", findings);
  if (names.getSingular().size() > 0) checkLabel(view(names.getSingular()), path / "singular", findings);
  if (names.getKind().size() > 0) checkKindName(view(names.getKind()), path / "kind", findings);
  if (names.getListKind().size() > 0) checkKindName(view(names.getListKind()), path / "listKind", findings);
  for (uint32_t i = 0; i < names.getShortNames().size(); ++i) {
    checkLabel(view(names.getShortNames()[i]), (path / "shortNames")[i], findings);
  }
  if (names.getKind().size() > 0 && view(names.getKind()) == view(names.getListKind())) {
    findings.invalid(path / "listKind", names.getListKind(), "kind and listKind may not be the same");
  }
  for (uint32_t i = 0; i < names.getCategories().size(); ++i) {
    checkLabel(view(names.getCategories()[i]), (path / "categories")[i], findings);
  }
}

void checkGroup(std::string_view group, const Path& path, Findings& findings) {
  if (group.empty()) {
    findings.required(path);
  } else if (Wrongs wrongs = wrongDns1123Subdomain(group); !wrongs.empty()) {
    findings.invalid(path, group, joined(wrongs, ","));
  } else if (group.find('.') == std::string_view::npos) {
    findings.invalid(path, group, "should be a domain with at least one dot");
  }
}

// The versions as an error shows them, who have in common what else they can have.
Shown shownVersions(Versions versions) {
  std::string text = "[";
  for (auto version : versions) {
    if (text.size() > 1) text += ',';
    appendTo(text, concat("{\"Name\":", jsonText(view(version.getName())), ",\"Served\":", version.getServed(),
                          ",\"Storage\":", version.getStorage(), ",\"Deprecated\":", version.getDeprecated(),
                          ",\"DeprecationWarning\":",
                          version.hasDeprecationWarning() ? jsonText(view(version.getDeprecationWarning())) : "null",
                          ",\"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,"
                          "\"SelectableFields\":null}"));
  }
  return Shown::plain(text + "]");
}

void checkVersions(Spec spec, const AlikeParts& alike, const Path& path, Findings& findings) {
  Versions versions = spec.getVersions();
  std::set<std::string_view> names;
  uint32_t storages = 0;
  for (uint32_t i = 0; i < versions.size(); ++i) {
    if (versions[i].getStorage()) ++storages;
    names.insert(view(versions[i].getName()));
    checkLabel(view(versions[i].getName()), path[i] / "name", findings);
    checkVersion(versions[i], alike, path[i], findings);
  }
  if (names.size() < versions.size()) {
    findings.invalid(path, shownVersions(versions), "must contain unique version names");
  }
  if (storages != 1) {
    findings.invalid(path, shownVersions(versions), "must have exactly one version marked as storage version");
  }
}

void checkConversionWebhook(apiextensions_v1::CustomResourceConversion::Reader conversion, const Path& path,
                            Findings& findings) {
  auto webhook = conversion.getWebhook();
  if (!webhook.hasClientConfig()) {
    findings.required(path / "webhookClientConfig", "required when strategy is set to Webhook");
  } else {
    checkWebhookAddress(WebhookAddress::of(webhook.getClientConfig()), path / "webhookClientConfig", findings);
  }
  auto versions = webhook.getConversionReviewVersions();
  const Path listed = path / "conversionReviewVersions";
  if (versions.size() == 0) return findings.required(listed);
  std::set<std::string_view> seen;
  bool known = false;
  for (uint32_t i = 0; i < versions.size(); ++i) {
    const std::string_view version = view(versions[i]);
    known = known || version == "v1" || version == "v1beta1";
    if (!seen.insert(version).second) {
      findings.invalid(listed[i], versions[i], "duplicate version");
    } else {
      findings.invalidEach(listed[i], versions[i], wrongDns1035Label(version));
    }
  }
  if (!known) findings.invalid(listed, Shown::list(strings(versions)), "must include at least one of v1, v1beta1");
}

void checkConversion(apiextensions_v1::CustomResourceConversion::Reader conversion, const Path& path,
                     Findings& findings) {
  const std::string_view strategy = view(conversion.getStrategy());
  if (strategy.empty()) {
    findings.required(path / "strategy");
  } else {
    checkOneOf(strategy, path / "strategy", {"None", "Webhook"}, findings);
  }
  if (strategy == "Webhook") return checkConversionWebhook(conversion, path, findings);
  if (!conversion.hasWebhook()) return;
  auto webhook = conversion.getWebhook();
  if (webhook.hasClientConfig()) {
    findings.forbidden(path / "webhookClientConfig", "should not be set when strategy is not set to Webhook");
  }
  if (webhook.getConversionReviewVersions().size() > 0) {
    findings.forbidden(path / "conversionReviewVersions", "should not be set when strategy is not set to Webhook");
  }
}

void checkSpec(Spec spec, const Path& path, Findings& findings) {
  checkGroup(view(spec.getGroup()), path / "group", findings);
  const std::string_view scope = view(spec.getScope());
  if (scope.empty()) {
    findings.required(path / "scope");
  } else {
    checkOneOf(scope, path / "scope", {"Cluster", "Namespaced"}, findings);
  }
  const AlikeParts alike = alikePartsOf(spec);
  checkVersions(spec, alike, path / "versions", findings);
  // Kubernetes still has the first one as the version of old, and looks at it again.
  if (spec.getVersions().size() > 0 && spec.getVersions()[0].getName().size() > 0) {
    checkLabel(view(spec.getVersions()[0].getName()), path / "version", findings);
  }
  Names names = spec.getNames();
  if (names.getPlural().size() == 0) findings.required(path / "names" / "plural");
  if (names.getSingular().size() == 0) findings.required(path / "names" / "singular");
  if (names.getKind().size() == 0) findings.required(path / "names" / "kind");
  if (names.getListKind().size() == 0) findings.required(path / "names" / "listKind");
  checkNames(names, path / "names", findings);
  checkAlikeParts(spec, alike, path, findings);
  if (spec.hasConversion()) checkConversion(spec.getConversion(), path / "conversion", findings);
  if (spec.getPreserveUnknownFields()) {
    findings.invalid(path / "preserveUnknownFields", true,
                     "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in "
                     "spec.versions[*].schema instead");
  }
}

void checkImmutable(std::string_view now, std::string_view before, const Path& path, Findings& findings) {
  if (now != before) findings.invalid(path, now, kImmutable);
}

void checkSpecUpdate(Spec spec, Spec old, bool established, const Path& path, Findings& findings) {
  const Path names = path / "names";
  if (established) {
    // What is stored is of this scope and kind.
    checkImmutable(view(spec.getScope()), view(old.getScope()), path / "scope", findings);
    checkImmutable(view(spec.getNames().getKind()), view(old.getNames().getKind()), names / "kind", findings);
  }
  checkImmutable(view(spec.getGroup()), view(old.getGroup()), path / "group", findings);
  checkImmutable(view(spec.getNames().getPlural()), view(old.getNames().getPlural()), names / "plural", findings);
}

void checkStoredVersions(Definition::Reader definition, const Path& path, Findings& findings) {
  const std::vector<std::string> stored = strings(definition.getStatus().getStoredVersions());
  if (stored.empty()) {
    findings.invalid(path, Shown::list(stored), "must have at least one stored version");
    return;
  }
  std::set<std::string> names;
  for (auto version : definition.getSpec().getVersions()) {
    const std::string name = str(version.getName());
    names.insert(name);
    if (version.getStorage() && std::find(stored.begin(), stored.end(), name) == stored.end()) {
      findings.invalid(path, Shown::list(stored), concat("must have the storage version ", name));
    }
  }
  for (size_t i = 0; i < stored.size(); ++i) {
    if (names.contains(stored[i])) continue;
    findings.invalid(path[i], stored[i],
                     concat("missing from spec.versions; ", stored[i],
                            " was previously a storage version, and must remain in spec.versions until a storage "
                            "migration ensures no data remains persisted in ",
                            stored[i], " and removes ", stored[i], " from status.storedVersions"));
  }
}

// Groups of the Kubernetes community: who takes a name there has to say who approved it.
void checkApproval(const Change<Definition>& change, Findings& findings) {
  if (!isProtectedGroup(view(change.object.getSpec().getGroup()))) return;
  const Approval approval = approvalOf(change.object.getMetadata());
  if (change.old && approvalOf(change.old->getMetadata()).state == approval.state) return;
  const Path path = (Path("metadata") / "annotations")[kApprovalAnnotation];
  if (approval.state == ApprovalState::missing) findings.required(path, approval.reason);
  if (approval.state == ApprovalState::invalid) {
    findings.invalid(path, annotation(change.object.getMetadata(), kApprovalAnnotation).value_or(""), approval.reason);
  }
}

}  // namespace

void checkDefinition(const Change<Definition>& change, Findings& findings) {
  const Path status("status");
  checkNames(change.object.getStatus().getAcceptedNames(), status / "acceptedNames", findings);
  if (change.isStatus()) return;
  Spec spec = change.object.getSpec();
  if (!change.old) {
    const std::string_view name = view(change.object.getMetadata().getName());
    if (name != concat(spec.getNames().getPlural(), ".", spec.getGroup())) {
      findings.invalid(Path("metadata") / "name", name, "must be spec.names.plural+\".\"+spec.group");
    }
  }
  // What an earlier server took stays as it is, also where the rules have become stricter: it can be labelled, its
  // schema mended and its last finalizer taken away.
  if (!change.old || !sameStruct(change.old->getSpec(), spec)) checkSpec(spec, Path("spec"), findings);
  if (change.old) {
    checkSpecUpdate(spec, change.old->getSpec(), isTrue(*change.old, "Established"), Path("spec"), findings);
  }
  checkStoredVersions(change.object, status / "storedVersions", findings);
  checkApproval(change, findings);
}

bool hasServedVersion(Definition::Reader definition) {
  for (auto version : definition.getSpec().getVersions()) {
    if (version.getServed()) return true;
  }
  return false;
}

bool isTrue(Definition::Reader definition, std::string_view condition) {
  return conditionIs(definition.getStatus().getConditions(), condition, "True");
}

}  // namespace cleat::kinds::extensions
