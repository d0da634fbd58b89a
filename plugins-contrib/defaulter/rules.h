// A rule of the defaulter: which objects it is for, what it fills in and what it replaces.
#pragma once

#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/selector.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

struct Rule {
  // "spec", "containers[*]", "imagePullPolicy", and what to set there.
  struct Value {
    std::vector<std::string> path;
    cleat::JsonTree value;
    bool replaces = false;  // also what is there
  };

  std::string resource;                 // "pods"
  std::vector<std::string> namespaces;  // "team-*"; none: all
  cleat::LabelSelector selector;
  std::vector<Value> values;

  bool isFor(std::string_view ns, const cleat::AnyRef& object) const;
};

// A table of the configuration, as JSON:
// {"resource":"pods","labels":{"team":"web"},"set":{"spec.priorityClassName":"low"}}
cleat::Result<Rule> readRule(std::string_view json);

// The object with everything that the rules have for it; nothing where it has all of it already.
cleat::Result<std::optional<cleat::JsonTree>> filledIn(cleat::JsonView object, const std::vector<const Rule*>& rules);
