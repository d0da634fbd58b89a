#include "containers/abilities.h"

#include <cleat/sdk/process.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <unistd.h>

#include <algorithm>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

// What an OCI runtime says of itself, since release 1.1 of the specification.
json::object featuresOf(const std::string& runtime) {
  auto output = run(Command{.argv = {runtime, "features"}}, {.timeoutMs = 10000});
  if (!output || !output->succeeded()) return {};
  json::error_code error;
  json::value value = json::parse(output->standardOutput, error);
  return !error && value.is_object() ? std::move(value.get_object()) : json::object();
}

bool lists(const json::object& features, const char* list, std::string_view word) {
  const json::value* found = features.if_contains(list);
  if (!found || !found->is_array()) return false;
  return std::any_of(found->get_array().begin(), found->get_array().end(),
                     [&](const json::value& each) { return each.is_string() && each.get_string() == word; });
}

bool hasUserNamespaces(const json::object& features) {
  const json::value* linux = features.if_contains("linux");
  return linux && linux->is_object() && lists(linux->get_object(), "namespaces", "user");
}

}  // namespace

Abilities findAbilities(Sandboxes& sandboxes, const Containers& containers) {
  const std::string& runtime = containers.settings().runtime;
  json::object features = featuresOf(runtime);
  Abilities abilities;
  abilities.recursiveReadOnly = lists(features, "mountOptions", "rro");
  abilities.seccomp = access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == 0;
  Result<void> tried = fail(Status::unavailable(runtime + " does not say that it has user namespaces"));
  if (hasUserNamespaces(features))
    tried = sandboxes.tryUserNamespace([&](int pid) { return containers.tryUserNamespace(pid); });
  abilities.userNamespaces = tried.has_value();
  if (!tried) abilities.whyNoUserNamespaces = tried.error().message;
  return abilities;
}

}  // namespace cleat::runtime
