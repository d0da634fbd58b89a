#include "selectors.h"

#include <cleat/sdk/lists.h>
#include <cleat/sdk/selector.h>

#include <algorithm>
#include <array>

namespace cleat::kinds {
namespace {

namespace authz = authorization_v1;
using Requirements = std::vector<SelectorRequirement>;

constexpr std::array<std::string_view, 4> kOperators{"DoesNotExist", "Exists", "In", "NotIn"};

template <class Selector>
void checkSelector(Selector selector, const Path& path, Findings& findings) {
  const bool hasText = selector.getRawSelector().size() > 0, hasParts = selector.getRequirements().size() > 0;
  if (hasText && hasParts) {
    findings.invalid(path / "rawSelector", selector.getRawSelector(),
                     "may not specified at the same time as requirements");
  }
  if (!hasText && !hasParts) {
    findings.required(path / "requirements",
                      concat("when ", path.text(), " is specified, requirements or rawSelector is required"));
  }
  for (uint32_t i = 0; i < selector.getRequirements().size(); ++i) {
    auto requirement = selector.getRequirements()[i];
    const Path at = (path / "requirements")[i];
    const std::string_view op = view(requirement.getOperator());
    const bool takesValues = op == "In" || op == "NotIn", hasValues = requirement.getValues().size() > 0;
    if (requirement.getKey().size() == 0) findings.required(at / "key", "must be specified");
    if (std::ranges::find(kOperators, op) == kOperators.end()) {
      findings.invalid(at / "operator", op, "not a valid selector operator");
    } else if (takesValues && !hasValues) {
      findings.required(at / "values", "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (!takesValues && hasValues) {
      findings.forbidden(at / "values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  }
}

template <class List>
Requirements partsOf(List list) {
  Requirements all;
  for (auto requirement : list) {
    all.push_back({str(requirement.getKey()), str(requirement.getOperator()), strings(requirement.getValues())});
  }
  return all;
}

// "spec.nodeName=a,status.phase!=Failed" in its parts. A text with a backslash is left alone: what it stands for
// depends on more than the text.
Requirements fieldParts(std::string_view text) {
  Requirements all;
  if (text.find('\\') != std::string_view::npos) return all;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    if (equals == std::string_view::npos || equals == 0) return {};
    const bool differs = part[equals - 1] == '!';
    std::string_view value = part.substr(equals + 1);
    if (!differs && value.starts_with('=')) value.remove_prefix(1);
    if (value.find('=') != std::string_view::npos) return {};
    all.push_back({str(part.substr(0, differs ? equals - 1 : equals)), differs ? "NotIn" : "In", {str(value)}});
  }
  return all;
}

void write(capnp::List<role::SelectorRequirement>::Builder list, const Requirements& from) {
  for (uint32_t i = 0; i < list.size(); ++i) {
    list[i].setKey(from[i].key);
    list[i].setOperator(from[i].op);
    list[i].adoptValues(textList(orphanageOf(list[i]), from[i].values));
  }
}

}  // namespace

void checkSelectors(authz::ResourceAttributes::Reader asked, const Path& path, Findings& findings) {
  if (asked.hasFieldSelector()) checkSelector(asked.getFieldSelector(), path / "fieldSelector", findings);
  if (asked.hasLabelSelector()) checkSelector(asked.getLabelSelector(), path / "labelSelector", findings);
}

void fillSelectors(role::Attributes::Builder out, authz::ResourceAttributes::Reader asked) {
  Requirements fields = partsOf(asked.getFieldSelector().getRequirements());
  if (fields.empty()) fields = fieldParts(view(asked.getFieldSelector().getRawSelector()));
  std::erase_if(fields, [](const SelectorRequirement& each) { return each.values.size() != 1; });
  Requirements labels = partsOf(asked.getLabelSelector().getRequirements());
  if (labels.empty()) {
    if (auto parsed = LabelSelector::parse(view(asked.getLabelSelector().getRawSelector()))) {
      labels = parsed->requirements();
    }
  }
  write(out.initFieldSelector(static_cast<uint32_t>(fields.size())), fields);
  write(out.initLabelSelector(static_cast<uint32_t>(labels.size())), labels);
}

}  // namespace cleat::kinds
