// The rules that Kubernetes states beside the fields of its types; see device_rules.h.
#include <algorithm>

#include "kinds-common/metadata.h"
#include "kinds-resource/device_rules.h"

namespace cleat::kinds::resource {

namespace {

constexpr size_t kUuidLength = 36;
constexpr std::string_view kUuidError = "must be a lowercase UUID in 8-4-4-4-12 format";

bool isUuid(std::string_view text) {
  if (text.size() != kUuidLength) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (dash ? text[i] != '-' : !hex) return false;
  }
  return true;
}

void checkStatedIdentifier(std::string_view id, const Path& path, Findings& findings) {
  if (id.empty()) return findings.invalid(path, "", "name must not be empty");
  if (id.size() > kMaxIdentifier) findings.tooLong(path, kMaxIdentifier);
  checkName(id, wrongCIdentifier(id), path, findings);
}

// What DeviceRequest.exactly and its choices have in common.
template <class Request>
void checkStatedRequest(Request request, const Path& path, Findings& findings) {
  checkStatedSize(request.getSelectors().size(), kMaxSelectors, path / "selectors", findings);
  if (const std::string_view mode = view(request.getAllocationMode()); !mode.empty()) {
    checkOneOf(mode, path / "allocationMode", {"All", "ExactCount"}, findings);
  }
  auto tolerations = request.getTolerations();
  for (uint32_t i = 0; i < tolerations.size(); ++i) {
    checkStatedToleration(tolerations[i], (path / "tolerations")[i], findings);
  }
}

void checkStatedChoices(capnp::List<v1::DeviceSubRequest>::Reader choices, const Path& path, Findings& findings) {
  if (!checkStatedSize(choices.size(), kMaxChoices, path, findings)) return;
  checkStatedKeys(choices, path, findings, [](auto choice) { return view(choice.getName()); });
  for (uint32_t i = 0; i < choices.size(); ++i) {
    const Path at = path[i] / "deviceClassName";
    const std::string_view name = view(choices[i].getDeviceClassName());
    if (name.empty()) {
      findings.required(at);
    } else {
      checkName(name, wrongDns1123Subdomain(name), at, findings);
    }
    checkStatedRequest(choices[i], path[i], findings);
  }
}

}  // namespace

bool checkStatedSize(size_t size, size_t max, const Path& path, Findings& findings) {
  if (size > max) findings.tooMany(path, size, max);
  return size <= max;
}

void checkStatedSet(Texts texts, size_t max, const Path& path, Findings& findings) {
  if (!checkStatedSize(texts.size(), max, path, findings)) return;
  std::set<std::string_view> seen;
  for (uint32_t i = 0; i < texts.size(); ++i) {
    if (!seen.insert(view(texts[i])).second) findings.duplicate(path[i], texts[i]);
  }
}

void checkStatedDriver(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) return findings.required(path);
  checkName(name, wrongDns1123SubdomainCaseless(name), path, findings);
  if (name.size() > kMaxDriverName) findings.tooLongCharacters(path, kMaxDriverName);
}

void checkStatedPool(std::string_view name, const Path& path, Findings& findings) {
  if (name.empty()) return findings.required(path);
  if (name.size() > kMaxPoolName) findings.tooLong(path, kMaxPoolName);
  size_t segment = 0;
  for (size_t from = 0; from <= name.size(); ++segment) {
    const size_t slash = std::min(name.find('/', from), name.size());
    const std::string_view part = name.substr(from, slash - from);
    from = slash + 1;
    if (part.empty()) {
      findings.invalid(path, name, concat("segment ", segment, ": must not be empty"));
      continue;
    }
    for (const std::string& wrong : wrongDns1123Subdomain(part)) {
      findings.invalid(path, part, concat("segment ", segment, ": ", wrong));
    }
  }
}

void checkStatedUuid(std::string_view uuid, const Path& path, Findings& findings) {
  if (!isUuid(uuid)) findings.invalid(path, uuid, kUuidError);
}

void checkStatedAttribute(std::string_view name, const Path& path, Findings& findings) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) {
    if (name.size() > kMaxIdentifier) findings.tooLong(path, kMaxIdentifier);
    checkName(name, wrongCIdentifier(name), path, findings);
    return findings.invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash");
  }
  const std::string_view domain = name.substr(0, slash), id = name.substr(slash + 1);
  if (id.find('/') != std::string_view::npos) return;
  if (domain.empty()) {
    findings.invalid(path, "", "prefix must not be empty");
  } else {
    if (domain.size() > kMaxDriverName) findings.tooLong(path, kMaxDriverName);
    for (const std::string& wrong : wrongDns1123Subdomain(domain)) {
      findings.invalid(path, domain, concat("prefix: ", wrong));
    }
  }
  checkStatedIdentifier(id, path, findings);
}

void checkStatedEffect(std::string_view effect, const Path& path, Findings& findings) {
  if (effect.empty()) return findings.required(path);
  checkOneOf(effect, path, {"NoExecute", "NoSchedule", "None"}, findings);
}

void checkStatedToleration(v1::DeviceToleration::Reader toleration, const Path& path, Findings& findings) {
  const std::string_view key = view(toleration.getKey()), op = view(toleration.getOperator());
  if (!key.empty()) checkName(key, wrongQualifiedName(key), path / "key", findings);
  if (op.empty()) {
    findings.required(path / "operator");
  } else {
    checkOneOf(op, path / "operator", {"Equal", "Exists"}, findings);
  }
  if (toleration.getEffect().size() > 0) checkStatedEffect(view(toleration.getEffect()), path / "effect", findings);
}

void checkStatedClaim(v1::ResourceClaimSpec::Reader spec, const Path& path, Findings& findings) {
  auto claim = spec.getDevices();
  const Path devices = path / "devices";
  auto requests = claim.getRequests();
  if (checkStatedSize(requests.size(), kMaxRequests, devices / "requests", findings)) {
    checkStatedKeys(requests, devices / "requests", findings, [](auto request) { return view(request.getName()); });
    for (uint32_t i = 0; i < requests.size(); ++i) {
      const Path at = (devices / "requests")[i];
      if (requests[i].hasExactly()) checkStatedRequest(requests[i].getExactly(), at / "exactly", findings);
      checkStatedChoices(requests[i].getFirstAvailable(), at / "firstAvailable", findings);
    }
  }
  auto constraints = claim.getConstraints();
  if (checkStatedSize(constraints.size(), kMaxConstraints, devices / "constraints", findings)) {
    for (uint32_t i = 0; i < constraints.size(); ++i) {
      const Path at = (devices / "constraints")[i];
      auto constraint = constraints[i];
      checkStatedSet(constraint.getRequests(), kMaxRequests, at / "requests", findings);
      if (constraint.hasMatchAttribute()) {
        checkStatedAttribute(view(constraint.getMatchAttribute()), at / "matchAttribute", findings);
      }
      if (constraint.hasDistinctAttribute()) {
        checkStatedAttribute(view(constraint.getDistinctAttribute()), at / "distinctAttribute", findings);
      }
    }
  }
  auto configs = claim.getConfig();
  if (!checkStatedSize(configs.size(), kMaxConfigs, devices / "config", findings)) return;
  for (uint32_t i = 0; i < configs.size(); ++i) {
    const Path at = (devices / "config")[i];
    checkStatedSet(configs[i].getRequests(), kMaxRequests, at / "requests", findings);
    checkStatedConfiguration(configs[i], at, findings);
  }
}

}  // namespace cleat::kinds::resource
