#include "core/app/check/role_checks.h"

#include <cleat/schema/role/audit.methods.h>
#include <cleat/schema/role/network.methods.h>
#include <cleat/schema/role/runtime.methods.h>
#include <cleat/sdk/text.h>

#include <algorithm>

#include "core/host/role_interfaces.h"

namespace cleat::app {

bool isOrderly(CheckRun& run, std::string_view check, const std::string& asked, const host::RoleAnswer& answer) {
  if (answer.status == CLEAT_OK) return true;
  const Status& said = *answer.error;
  // These have lines of their own.
  if (said.code == 504 || said.message.find("has crashed") != std::string::npos || run.given()) return false;
  if (answer.status == CLEAT_FAILED && said.code == 500) {
    run.report().fail(check,
                      concat("it fails ", asked, " with \"", said.message,
                             "\": what a caller can bring about is a refusal that says what is wrong, with a code "
                             "of 400 to 499"));
    return false;
  }
  if (answer.status == CLEAT_DENIED && said.message.empty()) {
    run.report().fail(check, concat("it refuses ", asked, " without a reason: give one that says what to change"));
    return false;
  }
  return true;
}

std::vector<object::KindRef> usualKinds(CheckRun& run, std::string_view group, std::string_view resource, size_t most) {
  CheckWorld& world = run.plugin().world();
  const std::vector<object::KindRef> usual = world.populationKinds();
  const auto rank = [&](const object::KindRef& kind) {
    return std::ranges::find_if(usual, [&](const auto& one) { return one->resource() == kind->resource(); }) -
           usual.begin();
  };
  std::vector<object::KindRef> found;
  const object::CatalogueRef kinds = world.kinds().latest();
  for (const object::KindRef& kind : kinds->served()) {
    if (!kind->storage || kind->verbs.empty() || kind->open) continue;
    if ((group == "*" || group == kind->group) && (resource == "*" || resource == kind->plural)) found.push_back(kind);
  }
  std::ranges::stable_sort(found, std::less<>(), rank);
  if (found.size() > most) found.resize(most);
  return found;
}

std::string difference(const std::string& before, const std::string& now) {
  constexpr size_t kBefore = 40, kShown = 120;
  size_t at = 0;
  while (at < before.size() && at < now.size() && before[at] == now[at]) ++at;
  const size_t from = at < kBefore ? 0 : at - kBefore;
  return concat("…", before.substr(from, kShown), "… to …", now.substr(from, kShown), "…");
}

void fillRef(wire::ResourceRef::Builder ref, const object::Kind& kind, const std::string& ns, const std::string& name,
             const std::string& subresource) {
  ref.setGroup(kind.group);
  ref.setVersion(kind.version);
  ref.setResource(kind.plural);
  ref.setSubresource(subresource);
  ref.setNamespace(ns);
  ref.setName(name);
}

void fillUser(role::User::Builder user) {
  user.setName("jane");
  host::setTexts(user.initGroups(2), {"developers", "system:authenticated"});
}

void checkAudit(CheckRun& run) {
  const auto write = [&](const std::vector<std::string>& events) {
    return run.ask(role::audit::write, [&](role::WriteAuditParams::Builder params) {
      host::setTexts(params.initEvents(static_cast<unsigned>(events.size())), events);
    });
  };
  const std::string event = R"({"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"1"})";
  for (const auto& events : {std::vector<std::string>{}, {event}, {event, event, event}}) {
    (void)isOrderly(run, "audit", concat("a batch of ", events.size()), write(events));
  }
  run.report().okUnlessFailed("audit");
}

void checkMachineRole(CheckRun& run, MethodId status) {
  const host::RoleAnswer answer = run.ask(status);
  if (isOrderly(run, "status", host::methodName(status), answer)) run.report().okUnlessFailed("status", brief(answer));
}

}  // namespace cleat::app
