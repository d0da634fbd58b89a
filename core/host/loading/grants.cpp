#include "core/host/loading/grants.h"

#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>

namespace cleat::host {
namespace {

struct Grant {
  std::string group;
  std::vector<std::string> resources, verbs;
};

std::vector<std::string> elements(const std::string& list) {
  std::vector<std::string> found;
  std::istringstream from(list);
  for (std::string one; std::getline(from, one, ',');) found.push_back(one);
  return found;
}

std::optional<Grant> parse(const std::string& line) {
  std::istringstream from(line);
  std::string group, resources, verbs, more;
  if (!(from >> group >> resources >> verbs) || from >> more) return std::nullopt;
  Grant grant{group, elements(resources), elements(verbs)};
  auto isEmpty = [](const std::string& one) { return one.empty(); };
  if (std::ranges::any_of(grant.resources, isEmpty) || std::ranges::any_of(grant.verbs, isEmpty)) return std::nullopt;
  return grant;
}

bool names(const std::vector<std::string>& list, const std::string& one) {
  return std::ranges::any_of(list, [&](const std::string& each) { return each == "*" || each == one; });
}

Status noGrant(const std::string& line) {
  return Status::badRequest(
      concat(inQuotes(line), ": must be GROUP RESOURCE[,RESOURCE] VERB[,VERB], the core group written as -"));
}

}  // namespace

Result<void> checkGrants(const std::string& asked) {
  std::istringstream lines(asked);
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(" \t") != std::string::npos && !parse(line)) return fail(noGrant(line));
  }
  return {};
}

Result<std::string> narrowGrants(const std::string& asked, const std::vector<std::string>& given) {
  std::vector<Grant> may;
  std::istringstream lines(asked);
  for (std::string line; std::getline(lines, line);) {
    if (auto grant = parse(line)) may.push_back(std::move(*grant));
  }
  std::string all;
  for (const std::string& line : given) {
    const std::optional<Grant> grant = parse(line);
    if (!grant) return fail(noGrant(line));
    for (const std::string& resource : grant->resources) {
      for (const std::string& verb : grant->verbs) {
        const bool asks = std::ranges::any_of(may, [&](const Grant& one) {
          return (one.group == "*" || one.group == grant->group) && names(one.resources, resource) &&
                 names(one.verbs, verb);
        });
        if (asks) continue;
        return fail(Status::badRequest(concat(inQuotes(line), ": the plugin does not ask to ", verb, " ", resource)));
      }
    }
    all += line + "\n";
  }
  return all;
}

std::string grantsBeyond(const std::string& before, const std::string& now) {
  std::set<std::string> more;
  std::istringstream lines(now);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && !narrowGrants(before, {line})) more.insert(line);
  }
  return joined(more, "; ");
}

}  // namespace cleat::host
