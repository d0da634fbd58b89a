// Which of the names that a CustomResourceDefinition asks for it gets: those that nothing else in its group has.
//
//   NamesVerdict verdict = judgeNames(*definition, taken);
#pragma once

#include <cleat/sdk/kinds/apiextensions_v1.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::extensions {

using Definition = apiextensions_v1::CustomResourceDefinition;

struct Names {
  std::string plural, singular, kind, listKind;
  std::vector<std::string> shortNames, categories;
  bool operator==(const Names&) const = default;
};
Names namesOf(apiextensions_v1::CustomResourceDefinitionNames::Reader names);
void writeNames(apiextensions_v1::CustomResourceDefinitionNames::Builder to, const Names& names);

// The names that others in a group have.
struct TakenNames {
  std::set<std::string, std::less<>> resources;  // in URLs and on the command line
  std::set<std::string, std::less<>> kinds;      // in manifests
  void add(const Names& names);
};

struct NamesVerdict {
  Names accepted;
  bool conflict = false;
  std::string reason, message;  // of the condition NamesAccepted
};
// What it has already it keeps; what is in conflict stays as it was.
NamesVerdict judgeNames(Definition::Reader definition, const TakenNames& taken);

}  // namespace cleat::extensions
