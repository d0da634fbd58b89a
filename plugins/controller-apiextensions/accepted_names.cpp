#include "accepted_names.h"

#include <cleat/sdk/lists.h>

#include <algorithm>

namespace cleat::extensions {

namespace {

std::string inUse(std::string_view name) { return concat("\"", name, "\" is already in use"); }

// Takes `wanted` over into `accepted`, or says that it is in use.
std::string settle(const std::string& wanted, std::string& accepted, const std::set<std::string, std::less<>>& taken) {
  if (wanted != accepted && taken.contains(wanted)) return inUse(wanted);
  accepted = wanted;
  return {};
}

std::string settleShortNames(const std::vector<std::string>& wanted, std::vector<std::string>& accepted,
                             const std::set<std::string, std::less<>>& taken) {
  std::vector<std::string> conflicts;
  for (const std::string& name : wanted) {
    if (std::find(accepted.begin(), accepted.end(), name) == accepted.end() && taken.contains(name)) {
      conflicts.push_back(inUse(name));
    }
  }
  if (conflicts.empty()) {
    accepted = wanted;
    return {};
  }
  if (conflicts.size() == 1) return conflicts[0];
  std::string all;
  for (const std::string& conflict : conflicts) appendTo(all, concat(all.empty() ? "[" : ", ", conflict));
  return all + "]";
}

}  // namespace

Names namesOf(apiextensions_v1::CustomResourceDefinitionNames::Reader names) {
  return {str(names.getPlural()),   str(names.getSingular()),       str(names.getKind()),
          str(names.getListKind()), strings(names.getShortNames()), strings(names.getCategories())};
}

void writeNames(apiextensions_v1::CustomResourceDefinitionNames::Builder to, const Names& names) {
  to.setPlural(names.plural);
  to.setSingular(names.singular);
  to.setKind(names.kind);
  to.setListKind(names.listKind);
  to.adoptShortNames(textList(orphanageOf(to), names.shortNames));
  to.adoptCategories(textList(orphanageOf(to), names.categories));
}

void TakenNames::add(const Names& names) {
  for (const std::string* name : {&names.plural, &names.singular}) {
    if (!name->empty()) resources.insert(*name);
  }
  resources.insert(names.shortNames.begin(), names.shortNames.end());
  for (const std::string* name : {&names.kind, &names.listKind}) {
    if (!name->empty()) kinds.insert(*name);
  }
}

NamesVerdict judgeNames(Definition::Reader definition, const TakenNames& taken) {
  const Names wanted = namesOf(definition.getSpec().getNames());
  NamesVerdict verdict{namesOf(definition.getStatus().getAcceptedNames()), false, "NoConflicts", "no conflicts found"};
  // Of several conflicts the last one is told.
  const auto note = [&](const char* reason, std::string message) {
    if (message.empty()) return;
    verdict.conflict = true;
    verdict.reason = reason;
    verdict.message = std::move(message);
  };
  note("PluralConflict", settle(wanted.plural, verdict.accepted.plural, taken.resources));
  note("SingularConflict", settle(wanted.singular, verdict.accepted.singular, taken.resources));
  note("ShortNamesConflict", settleShortNames(wanted.shortNames, verdict.accepted.shortNames, taken.resources));
  note("KindConflict", settle(wanted.kind, verdict.accepted.kind, taken.kinds));
  note("ListKindConflict", settle(wanted.listKind, verdict.accepted.listKind, taken.kinds));
  verdict.accepted.categories = wanted.categories;
  return verdict;
}

}  // namespace cleat::extensions
