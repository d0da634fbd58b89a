// What Kubernetes demands of what a claim asks for, in its words.
#include "kinds-resource/claim_rules.h"

#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

void checkCount(std::string_view mode, int64_t count, const Path& path, Findings& findings) {
  if (mode == "All" && count != 0) {
    findings.invalid(path, count, "must not be specified when allocationMode is 'All'");
  } else if (mode == "ExactCount" && count <= 0) {
    findings.invalid(path, count, "must be greater than zero");
  }
}

// What DeviceRequest.exactly and its choices have in common.
template <class Request>
void checkWanted(Request request, const Path& path, Findings& findings) {
  checkSelectors(request.getSelectors(), path / "selectors", findings);
  checkCount(view(request.getAllocationMode()), request.getCount(), path / "count", findings);
  auto tolerations = request.getTolerations();
  for (uint32_t i = 0; i < tolerations.size(); ++i) {
    checkToleration(tolerations[i], (path / "tolerations")[i], findings);
  }
}

void checkExact(v1::ExactDeviceRequest::Reader request, const Path& path, Findings& findings) {
  const std::string_view name = view(request.getDeviceClassName());
  if (name.empty()) {
    findings.required(path / "deviceClassName");
  } else {
    checkName(name, wrongDns1123Subdomain(name), path / "deviceClassName", findings);
  }
  checkWanted(request, path, findings);
}

void checkRequest(v1::DeviceRequest::Reader request, const Path& path, Findings& findings) {
  checkDnsLabel(request.getName(), path / "name", findings);
  auto choices = request.getFirstAvailable();
  constexpr std::string_view kOne = "exactly one of `exactly` or `firstAvailable` is required";
  if (!request.hasExactly() && choices.size() == 0) return findings.required(path, kOne);
  if (request.hasExactly() && choices.size() > 0) {
    return findings.invalid(path, Shown::null(), concat(kOne, ", but multiple fields are set"));
  }
  if (request.hasExactly()) return checkExact(request.getExactly(), path / "exactly", findings);
  if (choices.size() > kMaxChoices) return;
  for (uint32_t i = 0; i < choices.size(); ++i) {
    const Path at = (path / "firstAvailable")[i];
    checkDnsLabel(choices[i].getName(), at / "name", findings);
    checkWanted(choices[i], at, findings);
  }
}

void checkConstraint(v1::DeviceConstraint::Reader constraint, const RequestNames& names, const Path& path,
                     Findings& findings) {
  checkRequestRefs(constraint.getRequests(), names, path / "requests", findings);
  if (constraint.hasMatchAttribute() || constraint.hasDistinctAttribute()) return;
  findings.required(path,
                    "exactly one of \"matchAttribute\" or \"distinctAttribute\" is required, but multiple fields are "
                    "set");
}

}  // namespace

void checkClaim(v1::ResourceClaimSpec::Reader spec, const Path& path, Findings& findings) {
  auto claim = spec.getDevices();
  const Path devices = path / "devices";
  const RequestNames names = namesOf(claim);
  auto requests = claim.getRequests();
  for (uint32_t i = 0; i < requests.size() && requests.size() <= kMaxRequests; ++i) {
    checkRequest(requests[i], (devices / "requests")[i], findings);
  }
  auto constraints = claim.getConstraints();
  for (uint32_t i = 0; i < constraints.size() && constraints.size() <= kMaxConstraints; ++i) {
    checkConstraint(constraints[i], names, (devices / "constraints")[i], findings);
  }
  auto configs = claim.getConfig();
  for (uint32_t i = 0; i < configs.size() && configs.size() <= kMaxConfigs; ++i) {
    const Path at = (devices / "config")[i];
    checkRequestRefs(configs[i].getRequests(), names, at / "requests", findings);
    checkConfiguration(configs[i], at, findings);
  }
  checkStatedClaim(spec, path, findings);
}

}  // namespace cleat::kinds::resource
