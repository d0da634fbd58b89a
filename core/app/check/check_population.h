// The objects of a cluster in which plugins are checked: manifests, in the order in which they are made. Which kinds
// there are, and what the checks do with whose objects, is said there (population.yaml) and nowhere else.
#pragma once

#include <cleat/sdk/status.h>

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cleat::app {

struct PopulationObject {
  std::string where;  // "population.yaml: document 3"
  std::string group, version, kind, ns, name;
  boost::json::value manifest;
  std::vector<std::string> uses;  // what the annotation cleat.dev/check says: "changed", "placed", "place"
  bool isBuiltIn = false;         // left out where no plugin brings its kind; of others that is an error

  bool isUsedAs(std::string_view use) const;
};

// What is built into the program, and behind it the YAML documents of a vendor. The error says which of them is none.
Result<std::vector<PopulationObject>> readPopulation(std::string_view more);

}  // namespace cleat::app
