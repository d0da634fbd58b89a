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

// Pages are of one size and whole.
void checkPages(meta_v1::TextEntry::Reader amount, const Path& path, Findings& findings) {
  const std::string_view name = view(amount.getKey());
  const auto page = Quantity::parse(name.substr(name.find('-') + 1));
  const auto asked = Quantity::parse(amount.getValue());
  const bool whole = page && *page > Quantity() && page->milliValue() % 1000 == 0;
  if (whole && asked && asked->value() % page->value() == 0) return;
  findings.invalid(path, amount.getValue(), concat(amount.getValue(), " is not positive integer multiple of ", name));
}

using CheckName = void (*)(std::string_view name, const Path& path, Findings& findings);

// What a whole pod may ask for.
void checkPodResourceName(std::string_view name, const Path& path, Findings& findings) {
  const size_t found = findings.causes().size();
  checkResourceName(name, path, findings);
  if (findings.causes().size() > found || name == "cpu" || name == "memory" || isHugePages(name)) return;
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
    if (isHugePages(name)) checkPages(limit, at, findings);
    note(name);
  }
  for (auto request : requests) {
    std::string_view name = view(request.getKey());
    const Path at = (path / "requests")[name];
    checkName(name, at, findings);
    checkAmount(name, request.getValue(), at, findings);
    checkRequest(request, limits, path, findings);
    if (isHugePages(name)) checkPages(request, at, findings);
    note(name);
  }
  if (hugePages && !basic) findings.forbidden(path, "HugePages require cpu or memory");
}

using Claims = capnp::List<core_v1::ResourceClaim>::Reader;

// A claim is named as a whole, or request by request.
void checkClaimOnce(core_v1::ResourceClaim::Reader claim, std::set<std::string>& seen, const Path& path,
                    Findings& findings) {
  const std::string name = str(claim.getName());
  if (seen.contains(name)) return findings.duplicate(path, name);
  std::string key = name;
  if (claim.getRequest().size() > 0) {
    findings.invalidEach(path / "request", claim.getRequest(), wrongDns1123Label(view(claim.getRequest())));
    appendTo(key, concat("/", view(claim.getRequest())));
  } else {
    const std::string requests = name + "/";
    for (const std::string& other : seen) {
      if (other.starts_with(requests)) findings.duplicate(path, name);
    }
  }
  if (!seen.insert(key).second) findings.duplicate(path, key);
}

// `known`: the claims of the pod.
void checkClaims(Claims claims, const std::set<std::string_view>& known, const Path& path, Findings& findings) {
  std::set<std::string> seen;
  for (uint32_t i = 0; i < claims.size(); ++i) {
    const std::string_view name = view(claims[i].getName());
    if (name.empty()) {
      findings.required(path[i]);
      continue;
    }
    checkClaimOnce(claims[i], seen, path[i], findings);
    if (known.contains(name)) continue;
    std::string names;
    for (std::string_view one : known) appendTo(names, concat(names.empty() ? ": " : ", ", one));
    findings.add({"FieldValueNotFound",
                  concat("Not found: ", quoted(name), ": must be one of the names in pod.spec.resourceClaims",
                         known.empty() ? " which is empty" : names),
                  std::string(path[i].text())});
  }
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
  checkClaims(resources.getClaims(), claims, path / "claims", findings);
}

void checkPodResources(core_v1::PodSpec::Reader spec, const std::set<std::string_view>& claims, const Path& path,
                       Findings& findings) {
  auto resources = spec.getResources();
  if (view(spec.getOs().getName()) == "windows") return findings.forbidden(path, "may not be set for a windows pod");
  if (resources.getClaims().size() > 0) {
    findings.forbidden(path / "claims", "claims may not be set for Resources at pod-level");
  }
  checkAmounts(resources.getRequests(), resources.getLimits(), checkPodResourceName, path, findings);
  checkClaims(resources.getClaims(), claims, path / "claims", findings);
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
