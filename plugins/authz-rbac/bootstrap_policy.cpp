#include "bootstrap_policy.h"

#include <cleat/sdk/text.h>

extern "C" const char cleat_core_policy_begin[], cleat_core_policy_end[];
extern "C" const char cleat_component_policy_begin[], cleat_component_policy_end[];

namespace cleat::rbac {
namespace {

constexpr const char* kAccountNamespace = "kube-system";
constexpr std::string_view kControllerPrefix = "system:controller:";

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const size_t end = text.find(separator);
    if (end != 0) parts.push_back(str(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

// What stands before the slash is a namespace.
void setName(std::string_view text, std::string& ns, std::string& name) {
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) ns = str(text.substr(0, slash));
  name = str(slash == std::string_view::npos ? text : text.substr(slash + 1));
}

Rule ruleOf(std::vector<std::string> words) {
  if (words.size() == 1 && words[0] == "events") words = {"-,events.k8s.io", "events", "create,patch,update"};
  words.resize(4);
  Rule rule;
  rule.verbs = split(words[2] == "read" ? "get,list,watch" : words[2], ',');
  if (words[0] == "url") {
    rule.paths = split(words[1], ',');
    return rule;
  }
  rule.groups = split(words[0], ',');
  for (std::string& group : rule.groups) {
    if (group == "-") group.clear();
  }
  rule.resources = split(words[1], ',');
  rule.resourceNames = split(words[3], ',');
  return rule;
}

BootstrapRole roleOf(const std::vector<std::string>& words) {
  constexpr std::string_view kTo = "to:";
  BootstrapRole role;
  setName(words.at(1), role.ns, role.name);
  for (size_t i = 2; i < words.size(); ++i) {
    if (words[i] == "aggregated") role.aggregated = true;
    if (words[i].starts_with(kTo)) role.aggregatesTo.push_back(words[i].substr(kTo.size()));
  }
  return role;
}

BootstrapBinding bindingOf(const std::vector<std::string>& words) {
  BootstrapBinding binding;
  setName(words.at(1), binding.ns, binding.name);
  binding.role = words.at(2);
  for (size_t i = 3; i < words.size(); ++i) {
    const size_t colon = words[i].find(':');
    BootstrapSubject subject{words[i].substr(0, colon), "", ""};
    setName(std::string_view(words[i]).substr(colon + 1), subject.ns, subject.name);
    binding.subjects.push_back(std::move(subject));
  }
  return binding;
}

}  // namespace

BootstrapPolicy parsePolicy(std::string_view text) {
  BootstrapPolicy policy;
  for (const std::string& line : split(text, '\n')) {
    if (line[0] == '#') continue;
    const std::vector<std::string> words = split(line, ' ');
    if (line[0] == ' ') {
      policy.roles.back().rules.push_back(ruleOf(words));
    } else if (words[0] == "binding") {
      policy.bindings.push_back(bindingOf(words));
    } else if (words[0] == "controller") {
      const std::string name = concat(kControllerPrefix, words.at(1));
      policy.roles.push_back({"", name, {}});
      policy.bindings.push_back({"", name, name, {{"ServiceAccount", kAccountNamespace, words[1]}}});
    } else {
      policy.roles.push_back(roleOf(words));
    }
  }
  return policy;
}

const BootstrapPolicy& corePolicy() {
  static const BootstrapPolicy kPolicy = parsePolicy({cleat_core_policy_begin, cleat_core_policy_end});
  return kPolicy;
}

const BootstrapPolicy& componentPolicy() {
  static const BootstrapPolicy kPolicy = parsePolicy({cleat_component_policy_begin, cleat_component_policy_end});
  return kPolicy;
}

Rules parseGrants(std::string_view text) {
  Rules rules;
  for (const std::string& line : split(text, '\n')) rules.push_back(ruleOf(split(line, ' ')));
  return rules;
}

}  // namespace cleat::rbac
