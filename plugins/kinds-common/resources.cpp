// What containers and pods ask for and are limited to.
#include <cleat/sdk/quantity.h>

#include "kinds-common/pod_parts.h"
#include "kinds-common/resource_names.h"

namespace cleat::kinds {

namespace {

using Amounts = capnp::List<meta_v1::TextEntry>::Reader;

void checkRequest(meta_v1::TextEntry::Reader request, Amounts limits, const Path& path, Findings& findings) {
  std::string_view name = view(request.getKey());
  auto limit = lookup(limits, name);
  if (!limit) {
    if (!isOvercommitted(name)) {
      findings.required(path / "limits", "Limit must be set for non overcommitable resources");
    }
    return;
  }
  Quantity asked = Quantity::parseOrZero(request.getValue());
  Quantity most = Quantity::parse(*limit).value_or(Quantity());
  if (asked != most && !isOvercommitted(name)) {
    findings.invalid(path / "requests", request.getValue(), concat("must be equal to ", name, " limit of ", *limit));
  } else if (asked > most) {
    findings.invalid(path / "requests", request.getValue(),
                     concat("must be less than or equal to ", name, " limit of ", *limit));
  }
}

void checkAmounts(Amounts requests, Amounts limits, const Path& path, Findings& findings) {
  bool hugePages = false, basic = false;
  auto note = [&](std::string_view name) {
    hugePages |= isHugePages(name);
    basic |= name == "cpu" || name == "memory";
  };
  for (auto limit : limits) {
    std::string_view name = view(limit.getKey());
    const Path at = (path / "limits")[name];
    checkContainerResourceName(name, at, findings);
    checkAmount(name, limit.getValue(), at, findings);
    note(name);
  }
  for (auto request : requests) {
    std::string_view name = view(request.getKey());
    const Path at = (path / "requests")[name];
    checkContainerResourceName(name, at, findings);
    checkAmount(name, request.getValue(), at, findings);
    checkRequest(request, limits, path, findings);
    note(name);
  }
  if (hugePages && !basic) findings.forbidden(path, "HugePages require cpu or memory");
}

// The sum over the containers: the init containers run before the others, one by one, sidecars beside all.
Quantity aggregateRequest(core_v1::PodSpec::Reader spec, std::string_view name) {
  auto requestOf = [&](core_v1::Container::Reader container) {
    auto text = lookup(container.getResources().getRequests(), name);
    return text ? Quantity::parse(*text).value_or(Quantity()) : Quantity();
  };
  Quantity running, sidecars, most;
  for (auto container : spec.getContainers()) running += requestOf(container);
  for (auto container : spec.getInitContainers()) {
    Quantity own = requestOf(container);
    if (view(container.getRestartPolicy()) == "Always") {
      sidecars += own;
      own = sidecars;
    } else {
      own += sidecars;
    }
    if (own > most) most = own;
  }
  running += sidecars;
  return most > running ? most : running;
}

}  // namespace

void checkResources(core_v1::ResourceRequirements::Reader resources, const std::set<std::string_view>& claims,
                    const Path& path, Findings& findings) {
  checkAmounts(resources.getRequests(), resources.getLimits(), path, findings);
  std::set<std::string> seen;
  for (uint32_t i = 0; i < resources.getClaims().size(); ++i) {
    auto claim = resources.getClaims()[i];
    const Path at = (path / "claims")[i];
    std::string_view name = view(claim.getName());
    if (name.empty()) {
      findings.required(at / "name");
      continue;
    }
    if (!seen.insert(concat(name, "/", view(claim.getRequest()))).second) findings.duplicate(at, name);
    if (!claims.contains(name)) findings.notFound(at / "name", name);
  }
}

void checkPodResources(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  auto resources = spec.getResources();
  if (resources.getClaims().size() > 0) {
    findings.forbidden(path / "claims", "claims cannot be set for Resources at pod-level");
  }
  checkAmounts(resources.getRequests(), resources.getLimits(), path, findings);
  for (auto request : resources.getRequests()) {
    std::string_view name = view(request.getKey());
    Quantity sum = aggregateRequest(spec, name);
    if (sum > Quantity::parseOrZero(request.getValue())) {
      findings.invalid((path / "requests")[name], request.getValue(),
                       concat("must be greater than or equal to aggregate container requests of ", sum.text()));
    }
  }
  auto containers = spec.getContainers();
  for (uint32_t i = 0; i < containers.size(); ++i) {
    for (auto limit : containers[i].getResources().getLimits()) {
      auto podLimit = lookup(resources.getLimits(), view(limit.getKey()));
      if (!podLimit || Quantity::parseOrZero(limit.getValue()) <= Quantity::parse(*podLimit).value_or(Quantity()))
        continue;
      findings.invalid((path / "containers")[i][view(limit.getKey())] / "limits", limit.getValue(),
                       concat("must be less than or equal to pod limits of ", *podLimit));
    }
  }
}

void checkOverhead(Amounts overhead, const Path& path, Findings& findings) {
  checkAmounts(Amounts(), overhead, path, findings);
}

}  // namespace cleat::kinds
