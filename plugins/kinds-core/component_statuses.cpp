#include "kinds-core/component_statuses.h"

#include <cleat/sdk/meta.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "kinds-common/kinds_plugin.h"

namespace cleat::kinds::core {

namespace {

using core_v1::ComponentCondition;
using core_v1::ComponentStatus;

constexpr const char* kComponentSchemaFile = "kinds/core_v1_component.capnp";
constexpr std::chrono::seconds kPatience{5};

// A part of the cluster, and the lines of the server's health that tell of it.
struct Part {
  const char* name;
  const char* what;
  std::string_view check;
};
constexpr Part kParts[] = {{"controller-manager", "controller", "plugin-controller-"},
                           {"etcd-0", "store", "store"},
                           {"scheduler", "scheduler", "plugin-scheduler"}};

struct Finding {
  const char* status = "True";
  std::string message = "ok";
  std::string error = {};
};

// The server's answer has a line for each check: "[+]NAME ok", "[-]NAME failed: WHY".
Finding findingOf(const Part& part, std::string_view health) {
  size_t checks = 0;
  std::string failed;
  while (!health.empty()) {
    const std::string_view line = health.substr(0, health.find('\n'));
    health.remove_prefix(std::min(health.size(), line.size() + 1));
    if (!line.starts_with("[+]") && !line.starts_with("[-]")) continue;
    const std::string_view check = line.substr(3);
    if (!check.starts_with(part.check)) continue;
    ++checks;
    if (line[1] == '-') failed += concat(failed.empty() ? "" : "; ", check);
  }
  if (checks == 0) return {"False", concat("no ", part.what, " is running")};
  if (!failed.empty()) return {"False", std::move(failed)};
  return {};
}

Draft<ComponentStatus> statusOf(const Part& part, const Finding& finding) {
  Draft<ComponentStatus> status;
  status->initMetadata().setName(part.name);
  ComponentCondition::Builder condition = status->initConditions(1)[0];
  condition.setType("Healthy");
  condition.setStatus(finding.status);
  condition.setMessage(finding.message);
  if (!finding.error.empty()) condition.setError(finding.error);
  return status;
}

void printComponent(ComponentStatus::Reader component, Cells& cells) {
  cells.text(component.getMetadata().getName());
  for (auto condition : component.getConditions()) {
    if (view(condition.getType()) != "Healthy") continue;
    cells.text(view(condition.getStatus()) == "True" ? "Healthy" : "Unhealthy");
    cells.text(condition.getMessage());
    cells.text(condition.getError());
    return;
  }
  cells.text("Unknown");
  cells.text("");
  cells.text("");
}

}  // namespace

void addComponentStatuses(KindTable& table) {
  table.add<ComponentStatus>({.structFile = kComponentSchemaFile,
                              .shortNames = {"cs"},
                              .verbs = {"get", "list"},
                              .columns = {nameColumn(),
                                          {"Status", "string", "Whether the part is healthy."},
                                          {"Message", "string", "What it says of itself."},
                                          {"Error", "string", "Why it could not be asked."}},
                              .isVirtual = true,
                              .deprecationWarning = "v1 ComponentStatus is deprecated in v1.19+"},
                             {.row = printComponent});
}

Task<Result<void>> ComponentHealth::look(role::LookParams::Reader params, Call<role::LookResults>& call) {
  const std::string wanted = str(params.getRef().getName());
  call.results();
  const auto readiness = HttpsGet::ofUrl(context_.config().server().url, "/readyz?verbose");
  HttpsAnswer answer{"the server's address is not known"};
  if (readiness) {
    if (!reader_) {
      HttpsReaderOptions options = HttpsReader::asServer(context_.config());
      options.caFile = context_.config().server().caFile;
      reader_ = std::make_unique<HttpsReader>(context_, std::move(options));
    }
    auto asked = reader_->get(*readiness, kPatience);
    answer = co_await std::move(asked);
  }
  for (const Part& part : kParts) {
    if (!wanted.empty() && wanted != part.name) continue;
    // What is not ready is told with the code 500.
    const bool told = answer.error.empty() && (answer.status == 200 || answer.status == 500);
    if (told) {
      call.addObject(statusOf(part, findingOf(part, answer.body)));
    } else {
      std::string why = answer.error.empty() ? concat("the server answered ", answer.status) : answer.error;
      call.addObject(statusOf(part, {"Unknown", "", std::move(why)}));
    }
  }
  co_return Result<void>();
}

void ComponentHealth::stop() {
  if (reader_) reader_->stop();
}

}  // namespace cleat::kinds::core
