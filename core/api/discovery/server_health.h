// Health: /healthz, /livez and /readyz, each "ok" or the list of what is not; and what else the server says of itself,
// /version.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/http/http_message.h"

namespace cleat::api {

struct HealthCheck {
  std::string name;  // "store", "plugin-authz-rbac"
  bool healthy = true;
  std::string message;     // why not: anyone may read it
  std::string note = {};   // what there is to say of it although it is healthy
  bool readyOnly = false;  // says nothing about being alive: not a part of /livez
};

// Asked at every request, on any thread; answers at once.
using HealthChecks = std::function<std::vector<HealthCheck>()>;

// Whether the path is one of the three, or below them, or that of their numbers (/metrics/slis).
bool isHealthPath(std::string_view path);
http::Response healthResponse(const http::Request& request, const HealthChecks& checks);

// "/readyz/store": where one check alone can be asked for.
std::vector<std::string> healthPaths(const HealthChecks& checks);

http::Response versionResponse();

}  // namespace cleat::api
