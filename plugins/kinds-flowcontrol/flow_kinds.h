// The kinds of flowcontrol.apiserver.k8s.io/v1, each with its defaults, rules and row.
#pragma once

#include <cleat/sdk/kinds/flowcontrol_v1.h>
#include <cleat/sdk/meta.h>

#include <set>

#include "kinds-common/kind_table.h"

namespace cleat::kinds::flowcontrol {

using flowcontrol_v1::FlowSchema;
using flowcontrol_v1::PriorityLevelConfiguration;

inline constexpr const char* kSchemaFile = "kinds/flowcontrol_v1.capnp";

void addFlowSchemas(KindTable& table);
void addPriorityLevels(KindTable& table);

// Each has a type, and no two the same one.
template <class Conditions>
void checkConditionTypes(Conditions conditions, Findings& findings) {
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    const Path path = (Path("status") / "conditions")[i] / "type";
    auto type = conditions[i].getType();
    if (!seen.insert(view(type)).second) findings.duplicate(path, type);
    if (type.size() == 0) findings.required(path);
  }
}

}  // namespace cleat::kinds::flowcontrol
