#include "rule.h"

#include <algorithm>

namespace cleat::rbac {
namespace {

bool has(const std::vector<std::string>& list, std::string_view wanted) {
  return std::ranges::any_of(list, [&](const std::string& one) { return one == "*" || one == wanted; });
}

bool coversResource(const Rule& rule, std::string_view resource, std::string_view subresource) {
  const std::string whole = subresource.empty() ? std::string(resource) : concat(resource, "/", subresource);
  const std::string anyParent = concat("*/", subresource);
  return std::ranges::any_of(rule.resources, [&](const std::string& one) {
    return one == "*" || one == whole || (!subresource.empty() && one == anyParent);
  });
}

bool coversPath(const Rule& rule, std::string_view path) {
  return std::ranges::any_of(rule.paths, [&](const std::string& one) { return matchesPath(one, path); });
}

void appendQuoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\x";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

bool matchesPath(std::string_view pattern, std::string_view path) {
  if (pattern == path) return true;
  return pattern.ends_with('*') && path.starts_with(pattern.substr(0, pattern.find_last_not_of('*') + 1));
}

Rules readRules(capnp::List<rbac_v1::PolicyRule>::Reader list) {
  Rules rules;
  for (auto rule : list) {
    rules.push_back({strings(rule.getVerbs()), strings(rule.getApiGroups()), strings(rule.getResources()),
                     strings(rule.getResourceNames()), strings(rule.getNonResourceURLs())});
  }
  return rules;
}

capnp::Orphan<capnp::List<rbac_v1::PolicyRule>> writeRules(capnp::Orphanage orphanage, const Rules& rules) {
  auto list = orphanage.newOrphan<capnp::List<rbac_v1::PolicyRule>>(rules.size());
  for (uint32_t i = 0; i < rules.size(); ++i) {
    auto rule = list.get()[i];
    rule.adoptVerbs(textList(orphanage, rules[i].verbs));
    if (!rules[i].groups.empty()) rule.adoptApiGroups(textList(orphanage, rules[i].groups));
    if (!rules[i].resources.empty()) rule.adoptResources(textList(orphanage, rules[i].resources));
    if (!rules[i].resourceNames.empty()) rule.adoptResourceNames(textList(orphanage, rules[i].resourceNames));
    if (!rules[i].paths.empty()) rule.adoptNonResourceURLs(textList(orphanage, rules[i].paths));
  }
  return list;
}

bool covers(const Rule& rule, role::Attributes::Reader attributes) {
  if (!has(rule.verbs, view(attributes.getVerb()))) return false;
  if (attributes.getPath().size() > 0) return coversPath(rule, view(attributes.getPath()));
  if (!has(rule.groups, view(attributes.getGroup()))) return false;
  if (!coversResource(rule, view(attributes.getResource()), view(attributes.getSubresource()))) return false;
  if (rule.resourceNames.empty()) return true;
  return std::ranges::find(rule.resourceNames, view(attributes.getName())) != rule.resourceNames.end();
}

std::string quoted(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ' ';
    appendQuoted(out, text);
  }
  return out + "]";
}

std::string describe(const Rule& rule) {
  std::string out;
  auto part = [&out](const char* name, const std::vector<std::string>& texts) {
    if (!texts.empty()) out += concat(out.empty() ? "" : ", ", name, ":", quoted(texts));
  };
  part("APIGroups", rule.groups);
  part("Resources", rule.resources);
  part("NonResourceURLs", rule.paths);
  part("ResourceNames", rule.resourceNames);
  part("Verbs", rule.verbs);
  return "{" + out + "}";
}

}  // namespace cleat::rbac
