#include "kinds-resource/device_rules.h"

#include <algorithm>

#include "device-common/device_cel.h"
#include "kinds-common/metadata.h"

namespace cleat::kinds::resource {

namespace {

constexpr size_t kMaxExpression = 10 * 1024;
constexpr std::string_view kNoSuchRequest =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

void checkIdentifier(std::string_view id, const Path& path, Findings& findings) {
  if (id.size() > kMaxIdentifier) findings.tooLong(path, kMaxIdentifier);
  checkName(id, wrongCIdentifier(id), path, findings);
}

}  // namespace

void checkDriverName(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) return findings.required(path);
  if (name.size() > kMaxDriverName) findings.tooLong(path, kMaxDriverName);
  checkName(name, wrongDns1123Subdomain(lowerCase(name)), path, findings);
}

void checkPoolName(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) return findings.required(path);
  if (name.size() > kMaxPoolName) findings.tooLong(path, kMaxPoolName);
  for (size_t from = 0; from <= name.size();) {
    const size_t slash = std::min(name.find('/', from), name.size());
    const std::string_view part = name.substr(from, slash - from);
    checkName(part, wrongDns1123Subdomain(part), path, findings);
    from = slash + 1;
  }
}

// What has more than one slash is taken as it is, as in Kubernetes.
void checkQualifiedName(std::string_view name, const Path& path, Findings& findings) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return checkIdentifier(name, path, findings);
  const std::string_view domain = name.substr(0, slash), id = name.substr(slash + 1);
  if (id.find('/') != std::string_view::npos) return;
  if (domain.empty()) {
    findings.invalid(path, "", "the domain must not be empty");
  } else {
    checkDriverName(domain, path, findings);
  }
  if (id.empty()) return findings.invalid(path, "", "the name must not be empty");
  checkIdentifier(id, path, findings);
}

void checkSelectors(capnp::List<v1::DeviceSelector>::Reader selectors, const Path& path, Findings& findings) {
  if (selectors.size() > kMaxSelectors) return;
  for (uint32_t i = 0; i < selectors.size(); ++i) {
    const Path cel = path[i] / "cel";
    if (!selectors[i].hasCel()) {
      findings.required(cel);
    } else if (selectors[i].getCel().getExpression().size() > kMaxExpression) {
      findings.tooLong(cel / "expression", kMaxExpression);
    } else {
      const std::string_view expression = view(selectors[i].getCel().getExpression());
      const auto compiled = devices::compileSelector(expression);
      if (!compiled.program) {
        findings.invalid(cel / "expression", expression, compiled.error);
      } else if (const std::string& fault = compiled.program->fault(); !fault.empty()) {
        findings.add({"InternalError", concat("Internal error: program instantiation failed: ", fault),
                      str((cel / "expression").text())});
      } else if (compiled.program->estimate().max > devices::kMostSelectorCost) {
        findings.forbidden(cel / "expression", "too complex, exceeds cost limit");
      }
    }
  }
}

void checkToleration(v1::DeviceToleration::Reader toleration, const Path& path, Findings& findings) {
  const std::string_view op = view(toleration.getOperator()), value = view(toleration.getValue());
  if (op == "Exists" && !value.empty()) {
    findings.invalid(path / "value", value, "must be empty for operator `Exists`");
  } else if (op == "Equal") {
    checkName(value, wrongLabelValue(value), path / "value", findings);
  }
}

void checkTaint(v1::DeviceTaint::Reader taint, const Path& path, Findings& findings) {
  checkLabelName(view(taint.getKey()), path / "key", findings);
  checkName(view(taint.getValue()), wrongLabelValue(view(taint.getValue())), path / "value", findings);
}

void checkJsonObject(std::string_view text, size_t maxBytes, const Path& path, Findings& findings) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text.substr(begin).starts_with("null")) return findings.required(path);
  if (text.size() > maxBytes) return findings.tooLong(path, maxBytes);
  if (text[begin] != '{') {
    findings.invalid(path, Shown::plain("\"<value omitted>\""), "must be a valid JSON object");
  }
}

void checkBindingConditions(Texts conditions, Texts failures, const Path& path, Findings& findings) {
  std::set<std::string_view> known, failing;
  const Path at = path / "bindingConditions", failuresAt = path / "bindingFailureConditions";
  for (uint32_t i = 0; i < conditions.size() && conditions.size() <= kMaxBindingConditions; ++i) {
    checkLabelName(view(conditions[i]), at[i], findings);
  }
  for (uint32_t i = 0; i < failures.size() && failures.size() <= kMaxBindingConditions; ++i) {
    checkLabelName(view(failures[i]), failuresAt[i], findings);
  }
  for (uint32_t i = 0; i < conditions.size(); ++i) {
    if (!known.insert(view(conditions[i])).second) findings.duplicate(at[i], conditions[i]);
  }
  for (uint32_t i = 0; i < failures.size(); ++i) {
    if (!failing.insert(view(failures[i])).second) findings.duplicate(failuresAt[i], failures[i]);
    if (known.contains(view(failures[i]))) {
      findings.invalid(failuresAt[i], failures[i], "bindingFailureConditions must not overlap with bindingConditions");
    }
  }
  if (known.empty() && !failing.empty()) {
    findings.invalid(at, Shown::null(), "bindingConditions are required to use bindingFailureConditions");
  }
  if (failing.empty() && !known.empty()) {
    findings.invalid(failuresAt, Shown::null(), "bindingFailureConditions are required to use bindingConditions");
  }
}

RequestNames namesOf(v1::DeviceClaim::Reader claim) {
  RequestNames names;
  for (auto request : claim.getRequests()) {
    std::set<std::string_view>& choices = names[view(request.getName())];
    choices.clear();
    for (auto choice : request.getFirstAvailable()) choices.insert(view(choice.getName()));
  }
  return names;
}

void checkRequestRef(std::string_view name, const RequestNames& names, const Path& path, Findings& findings) {
  const size_t slash = name.find('/');
  const std::string_view request = name.substr(0, slash);
  const bool whole = slash == std::string_view::npos;
  const std::string_view choice = whole ? std::string_view() : name.substr(slash + 1);
  if (choice.find('/') != std::string_view::npos) return findings.invalid(path, name, kNoSuchRequest);
  checkName(request, wrongDns1123Label(request), path, findings);
  if (!whole) checkName(choice, wrongDns1123Label(choice), path, findings);
  auto found = names.find(request);
  if (found == names.end() || (!whole && !found->second.contains(choice))) {
    findings.invalid(path, name, kNoSuchRequest);
  }
}

void checkRequestRefs(Texts names, const RequestNames& known, const Path& path, Findings& findings) {
  if (names.size() > kMaxRequests) return;
  for (uint32_t i = 0; i < names.size(); ++i) checkRequestRef(view(names[i]), known, path[i], findings);
}

}  // namespace cleat::kinds::resource
