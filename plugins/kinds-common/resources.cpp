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

using CheckName = void (*)(std::string_view name, const Path& path, Findings& findings);

// What a whole pod may ask for.
void checkPodResourceName(std::string_view name, const Path& path, Findings& findings) {
  if (name == "cpu" || name == "memory" || isHugePages(name)) return;
  findings.notSupported(path, name, {"cpu", "hugepages-", "memory"});
}

void checkAmounts(Amounts requests, Amounts limits, CheckName checkName, const Path& path, Findings& findings) {
  bool hugePages = false, basic = false;
  auto note = [&](std::string_view name) {
    hugePages |= isHugePages(name);
    basic |= name == "cpu" || name == "memory";
  };
  for (auto limit : limits) {
    std::string_view name = view(limit.getKey());
    const Path at = (path / "limits")[name];
    checkName(name, at, findings);
    checkAmount(name, limit.getValue(), at, findings);
    note(name);
  }
  for (auto request : requests) {
    std::string_view name = view(request.getKey());
    const Path at = (path / "requests")[name];
    checkName(name, at, findings);
    checkAmount(name, request.getValue(), at, findings);
    checkRequest(request, limits, path, findings);
    note(name);
  }
  if (hugePages && !basic) findings.forbidden(path, "HugePages require cpu or memory");
}

}  // namespace

// The init containers run before the others, one by one, sidecars beside all.
std::optional<Quantity> aggregateRequest(core_v1::PodSpec::Reader spec, std::string_view name) {
  bool any = false;
  auto requestOf = [&](core_v1::Container::Reader container) {
    auto text = lookup(container.getResources().getRequests(), name);
    any |= text.has_value();
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
  if (!any) return std::nullopt;
  return most > running ? most : running;
}

void checkResources(core_v1::ResourceRequirements::Reader resources, const std::set<std::string_view>& claims,
                    const Path& path, Findings& findings) {
  checkAmounts(resources.getRequests(), resources.getLimits(), checkContainerResourceName, path, findings);
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
    if (claims.contains(name)) continue;
    findings.add({"FieldValueNotFound",
                  concat("Not found: ", quoted(name), ": must be one of the names in pod.spec.resourceClaims",
                         claims.empty() ? " which is empty" : ""),
                  std::string(at.text())});
  }
}

void checkPodResources(core_v1::PodSpec::Reader spec, const Path& path, Findings& findings) {
  auto resources = spec.getResources();
  if (resources.getClaims().size() > 0) {
    findings.forbidden(path / "claims", "claims may not be set for Resources at pod-level");
  }
  if (view(spec.getOs().getName()) == "windows") return findings.forbidden(path, "may not be set for a windows pod");
  checkAmounts(resources.getRequests(), resources.getLimits(), checkPodResourceName, path, findings);
  for (auto request : resources.getRequests()) {
    std::string_view name = view(request.getKey());
    const Quantity sum = aggregateRequest(spec, name).value_or(Quantity());
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
  checkAmounts(Amounts(), overhead, checkContainerResourceName, path, findings);
}

}  // namespace cleat::kinds
