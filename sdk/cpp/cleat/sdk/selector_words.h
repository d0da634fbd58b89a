// A label selector as Kubernetes' messages show it, which is how Go prints it.
#pragma once

#include <cleat/schema/kinds/meta_v1.capnp.h>
#include <cleat/sdk/text.h>

#include <map>
#include <string>
#include <string_view>

namespace cleat {

// &LabelSelector{MatchLabels:map[string]string{app: web,},MatchExpressions:[]LabelSelectorRequirement{},}
inline std::string selectorWords(meta_v1::LabelSelector::Reader selector) {
  std::map<std::string_view, std::string_view> sorted;
  for (auto label : selector.getMatchLabels()) sorted.emplace(view(label.getKey()), view(label.getValue()));
  std::string labels, expressions;
  for (const auto& [key, value] : sorted) labels += concat(key, ": ", value, ",");
  for (auto each : selector.getMatchExpressions()) {
    std::string values;
    for (auto value : each.getValues()) values += concat(values.empty() ? "" : " ", view(value));
    expressions += concat("LabelSelectorRequirement{Key:", view(each.getKey()), ",Operator:", view(each.getOperator()),
                          ",Values:[", values, "],},");
  }
  return concat("&LabelSelector{MatchLabels:map[string]string{", labels,
                "},MatchExpressions:[]LabelSelectorRequirement{", expressions, "},}");
}

}  // namespace cleat
