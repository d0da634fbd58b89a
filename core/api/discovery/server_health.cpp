#include "core/api/discovery/server_health.h"

#include <cleat/sdk/kubernetes_version.h>
#include <cleat/sdk/text.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/api/json_writer.h"
#include "core/api/rest/object_text.h"
#include "core/api/rest/query.h"
#include "core/api/status_body.h"

namespace cleat::api {
namespace {

struct ProbePath {
  std::string_view name;   // "readyz"
  std::string_view check;  // of one alone, or empty
};

// The check of the store, and what scripts and probes that know other clusters call it.
constexpr std::string_view kStore = "store", kStoreElsewhere = "etcd";

bool isCalled(const HealthCheck& check, std::string_view name) {
  return check.name == name || (check.name == kStore && name == kStoreElsewhere);
}

std::optional<ProbePath> parseProbe(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) return std::nullopt;
  std::string_view name = path.substr(0, path.find('/'));
  std::string_view check = path.substr(std::min(path.size(), name.size() + 1));
  if (name == "healthz" || name == "livez" || name == "readyz") return ProbePath{name, check};
  return std::nullopt;
}

// A line about the checks that were to be excluded and are not there, or nothing.
std::string unknownExclusions(const std::vector<std::string_view>& excluded, const std::vector<HealthCheck>& checks) {
  std::set<std::string_view> unknown;
  for (std::string_view name : excluded) {
    if (std::ranges::none_of(checks, [&](const HealthCheck& check) { return isCalled(check, name); })) {
      unknown.insert(name);
    }
  }
  if (unknown.empty()) return {};
  std::string line = "warn: some health checks cannot be excluded: no matches for ";
  for (std::string_view name : unknown) {
    if (name != *unknown.begin()) line += ",";
    line.append("\"").append(name).append("\"");
  }
  return line + "\n";
}

// Where programs that watch over service levels read the same as numbers.
constexpr std::string_view kNumbersPath = "/metrics/slis";

constexpr std::string_view kProbes[] = {"healthz", "livez", "readyz"};

std::vector<HealthCheck> checksFor(std::string_view name, const HealthChecks& source) {
  std::vector<HealthCheck> checks(1);
  checks[0].name = "ping";
  if (!source) return checks;
  for (HealthCheck& check : source()) {
    if (name != "livez" || !check.readyOnly) checks.push_back(std::move(check));
  }
  return checks;
}

http::Response numbersResponse(const HealthChecks& source) {
  std::string text =
      "# HELP kubernetes_healthcheck 1 where the check says that all is well.\n# TYPE kubernetes_healthcheck gauge\n";
  for (std::string_view probe : kProbes) {
    for (const HealthCheck& check : checksFor(probe, source)) {
      text += concat("kubernetes_healthcheck{name=\"", check.name, "\",type=\"", probe, "\"} ",
                     check.healthy ? "1\n" : "0\n");
    }
  }
  return metricsResponse(std::move(text));
}

}  // namespace

std::vector<std::string> healthPaths(const HealthChecks& source) {
  std::vector<std::string> paths;
  for (std::string_view name : kProbes) {
    for (const HealthCheck& check : checksFor(name, source))
      paths.push_back("/" + std::string(name) + "/" + check.name);
  }
  return paths;
}

bool isHealthPath(std::string_view path) { return path == kNumbersPath || parseProbe(path).has_value(); }

http::Response healthResponse(const http::Request& request, const HealthChecks& source) {
  if (request.path() == kNumbersPath) return numbersResponse(source);
  ProbePath path = *parseProbe(request.path());
  const std::vector<HealthCheck> checks = checksFor(path.name, source);
  auto failure = [](const HealthCheck& check) {
    return check.name + " failed: " + (check.message.empty() ? "reason withheld" : check.message) + "\n";
  };
  if (!path.check.empty()) {
    auto one = std::ranges::find_if(checks, [&](const HealthCheck& check) { return isCalled(check, path.check); });
    if (one == checks.end()) return pageNotFound();
    return one->healthy ? plainResponse(200, "ok") : plainResponse(500, "internal server error: " + failure(*one));
  }
  Query query(request.query());
  std::vector<std::string_view> excluded = query.all("exclude");
  std::string text = unknownExclusions(excluded, checks);
  bool healthy = true;
  for (const HealthCheck& check : checks) {
    if (std::ranges::any_of(excluded, [&](std::string_view name) { return isCalled(check, name); })) {
      text += "[+]" + check.name + " excluded: ok\n";
    } else if (check.healthy) {
      text += "[+]" + check.name + " ok" + (check.note.empty() ? "" : ": " + check.note) + "\n";
    } else {
      text += "[-]" + failure(check);
      healthy = false;
    }
  }
  text += std::string(path.name) + " check " + (healthy ? "passed\n" : "failed\n");
  if (!healthy) return plainResponse(500, std::move(text));
  return plainResponse(200, query.has("verbose") ? std::move(text) : std::string("ok"));
}

http::Response versionResponse() {
  JsonWriter json;
  json.open('{').member("major", kKubernetesMajor).member("minor", kKubernetesMinor);
  json.member("emulationMajor", kKubernetesMajor).member("emulationMinor", kKubernetesMinor);
  // The version before it, as of any API server.
  const std::string before = std::to_string(std::stoi(std::string(kKubernetesMinor)) - 1);
  json.member("minCompatibilityMajor", kKubernetesMajor).member("minCompatibilityMinor", before);
  json.member("gitVersion", kKubernetesGitVersion);
  json.member("gitCommit", "").member("gitTreeState", "clean").member("buildDate", "1970-01-01T00:00:00Z");
  json.member("goVersion", "none").member("compiler", "g++").member("platform", "linux/amd64").close('}');
  http::Response response;
  response.body.own(prettyJson(json.take()));  // whoever asks
  return response;
}

}  // namespace cleat::api
