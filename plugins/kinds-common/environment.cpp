// A container's environment: its variables, and where their values come from.
#include "kinds-common/pod_parts.h"

#include <array>
#include <cctype>

namespace cleat::kinds {

namespace {

constexpr std::string_view kHugePageRequests = "requests.hugepages-", kHugePageLimits = "limits.hugepages-";

void checkKeyRef(capnp::Text::Reader name, capnp::Text::Reader key, const Path& path, Findings& findings) {
  checkDnsSubdomain(view(name), path / "name", findings);
  if (key.size() == 0) {
    findings.required(path / "key");
  } else {
    checkName(view(key), wrongConfigMapKey(view(key)), path / "key", findings);
  }
}

void checkFileRef(core_v1::FileKeySelector::Reader file, const Path& path, Findings& findings) {
  if (file.getKey().size() == 0) {
    findings.required(path / "key");
  } else {
    checkName(view(file.getKey()), wrongEnvName(view(file.getKey())), path / "key", findings);
  }
  if (file.getVolumeName().size() == 0) {
    findings.required(path / "volumeName");
  } else {
    checkDnsLabel(view(file.getVolumeName()), path / "volumeName", findings);
  }
  if (file.getPath().size() == 0) {
    findings.required(path / "path");
  } else {
    checkNoBacksteps(view(file.getPath()), path / "path", findings);
  }
}

void checkValueFrom(core_v1::EnvVar::Reader variable, const Path& path, Findings& findings) {
  auto from = variable.getValueFrom();
  int count = 0;
  if (from.hasFieldRef() && ++count)
    checkFieldRef(from.getFieldRef(), FieldUse::environment, path / "fieldRef", findings);
  if (from.hasResourceFieldRef() && ++count) {
    checkResourceFieldRef(from.getResourceFieldRef(), FieldUse::environment, path / "resourceFieldRef", findings);
  }
  if (from.hasConfigMapKeyRef() && ++count) {
    checkKeyRef(from.getConfigMapKeyRef().getName(), from.getConfigMapKeyRef().getKey(), path / "configMapKeyRef",
                findings);
  }
  if (from.hasSecretKeyRef() && ++count) {
    checkKeyRef(from.getSecretKeyRef().getName(), from.getSecretKeyRef().getKey(), path / "secretKeyRef", findings);
  }
  if (from.hasFileKeyRef() && ++count) checkFileRef(from.getFileKeyRef(), path / "fileKeyRef", findings);
  if (count == 0) {
    findings.invalid(path, "",
                     "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or "
                     "`fileKeyRef`");
  } else if (variable.getValue().size() > 0) {
    findings.invalid(path, "", "may not be specified when `value` is not empty");
  } else if (count > 1) {
    findings.invalid(path, "", "may not have more than one field specified at a time");
  }
}

// "metadata.labels['app']" has the path before the bracket and the subscript between the quotes.
struct Subscripted {
  std::string_view path, subscript;
};
std::optional<Subscripted> splitSubscript(std::string_view field) {
  size_t bracket = field.find("['");
  if (bracket == std::string_view::npos || bracket == 0 || !field.ends_with("']")) return std::nullopt;
  return Subscripted{field.substr(0, bracket), field.substr(bracket + 2, field.size() - bracket - 4)};
}

constexpr std::array<std::string_view, 9> kEnvironmentFields{
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
    "status.hostIP", "status.hostIPs",     "status.podIP", "status.podIPs"};
constexpr std::array<std::string_view, 5> kVolumeFields{"metadata.annotations", "metadata.labels", "metadata.name",
                                                        "metadata.namespace", "metadata.uid"};
// All that the API can name at all.
constexpr std::array<std::string_view, 11> kKnownFields{
    "metadata.annotations", "metadata.labels",         "metadata.name", "metadata.namespace", "metadata.uid",
    "spec.nodeName",        "spec.serviceAccountName", "status.hostIP", "status.hostIPs",     "status.podIP",
    "status.podIPs"};

template <size_t N>
bool isIn(const std::array<std::string_view, N>& all, std::string_view one) {
  for (std::string_view each : all) {
    if (each == one) return true;
  }
  return false;
}

void checkDivisor(core_v1::ResourceFieldSelector::Reader field, const Path& path, Findings& findings) {
  std::string_view divisor = view(field.getDivisor()), resource = view(field.getResource());
  if (divisor.empty() || divisor == "0") return;
  constexpr std::array<std::string_view, 2> kCpu{"1m", "1"};
  constexpr std::array<std::string_view, 13> kBytes{"1",   "1k",  "1M",  "1G",  "1T",  "1P", "1E",
                                                    "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"};
  auto bytes = [&](std::string_view what) {
    if (isIn(kBytes, divisor)) return;
    findings.invalid(
        path / "divisor", resource,
        concat("only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are supported "
               "with the ",
               what, " resource"));
  };
  if (resource.ends_with(".cpu")) {
    if (!isIn(kCpu, divisor)) {
      findings.invalid(path / "divisor", resource,
                       "only divisor's values 1m and 1 are supported with the cpu resource");
    }
  } else if (resource.ends_with(".memory")) {
    bytes("memory");
  } else if (resource.ends_with(".ephemeral-storage")) {
    bytes("local ephemeral storage");
  } else if (resource.starts_with(kHugePageRequests) || resource.starts_with(kHugePageLimits)) {
    bytes("hugepages");
  }
}

}  // namespace

void checkFieldRef(core_v1::ObjectFieldSelector::Reader field, FieldUse use, const Path& path, Findings& findings) {
  if (field.getApiVersion().size() == 0) {
    findings.required(path / "apiVersion");
    return;
  }
  std::string_view name = view(field.getFieldPath());
  if (name.empty()) {
    findings.required(path / "fieldPath");
    return;
  }
  auto subscripted = splitSubscript(name);
  std::string_view base = subscripted ? subscripted->path : name;
  const bool mapped = base == "metadata.annotations" || base == "metadata.labels";
  std::string why;
  if (view(field.getApiVersion()) != "v1") {
    why = concat("unsupported pod version: ", view(field.getApiVersion()));
  } else if (subscripted && !mapped) {
    why = concat("field label does not support subscript: ", name);
  } else if (!isIn(kKnownFields, base)) {
    why = concat("field label not supported: ", base);
  }
  if (!why.empty()) {
    findings.invalid(path / "fieldPath", name, concat("error converting fieldPath: ", why));
  } else if (subscripted) {
    std::string key(subscripted->subscript);
    for (char& c : key)
      c = base == "metadata.labels" ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    checkName(key, wrongQualifiedName(key), path, findings);
  } else if (use == FieldUse::environment ? !isIn(kEnvironmentFields, base) : !isIn(kVolumeFields, base)) {
    if (use == FieldUse::environment) {
      findings.notSupported(path / "fieldPath", base, kEnvironmentFields);
    } else {
      findings.notSupported(path / "fieldPath", base, kVolumeFields);
    }
  }
}

void checkResourceFieldRef(core_v1::ResourceFieldSelector::Reader field, FieldUse use, const Path& path,
                           Findings& findings) {
  constexpr std::array<std::string_view, 6> kResources{"limits.cpu",   "limits.ephemeral-storage",   "limits.memory",
                                                       "requests.cpu", "requests.ephemeral-storage", "requests.memory"};
  std::string_view resource = view(field.getResource());
  if (use == FieldUse::volume && field.getContainerName().size() == 0) {
    findings.required(path / "containerName");
  } else if (resource.empty()) {
    findings.required(path / "resource");
  } else if (!isIn(kResources, resource) && !resource.starts_with(kHugePageRequests) &&
             !resource.starts_with(kHugePageLimits)) {
    findings.notSupported(path / "resource", resource, kResources);
  }
  checkDivisor(field, path, findings);
}

void checkEnvironment(capnp::List<core_v1::EnvVar>::Reader variables, const Path& path, Findings& findings) {
  for (uint32_t i = 0; i < variables.size(); ++i) {
    auto variable = variables[i];
    if (variable.getName().size() == 0) {
      findings.required(path[i] / "name");
    } else {
      checkName(view(variable.getName()), wrongEnvName(view(variable.getName())), path[i] / "name", findings);
    }
    if (variable.hasValueFrom()) checkValueFrom(variable, path[i] / "valueFrom", findings);
  }
}

void checkEnvironmentFiles(capnp::List<core_v1::EnvVar>::Reader variables, const Volumes& volumes, const Path& path,
                           Findings& findings) {
  for (uint32_t i = 0; i < variables.size(); ++i) {
    auto from = variables[i].getValueFrom();
    const std::string_view name = view(from.getFileKeyRef().getVolumeName());
    if (!from.hasFileKeyRef()) continue;
    const Path at = path[i] / "valueFrom" / "fileKeyRef" / "volumeName";
    const auto found = volumes.find(name);
    if (found == volumes.end()) {
      findings.notFound(at, name);
    } else if (!found->second.hasEmptyDir()) {
      findings.invalid(at, name, "referenced volume must be of type emptyDir");
    }
  }
}

void checkEnvironmentSources(capnp::List<core_v1::EnvFromSource>::Reader sources, const Path& path,
                             Findings& findings) {
  auto checkRef = [&](capnp::Text::Reader name, const Path& at) {
    if (name.size() == 0) {
      findings.required(at / "name");
    } else {
      checkDnsSubdomain(view(name), at / "name", findings);
    }
  };
  for (uint32_t i = 0; i < sources.size(); ++i) {
    auto source = sources[i];
    if (source.getPrefix().size() > 0) {
      checkName(view(source.getPrefix()), wrongEnvName(view(source.getPrefix())), path[i] / "prefix", findings);
    }
    if (source.hasConfigMapRef()) checkRef(source.getConfigMapRef().getName(), path[i] / "configMapRef");
    if (source.hasSecretRef()) checkRef(source.getSecretRef().getName(), path[i] / "secretRef");
    if (!source.hasConfigMapRef() && !source.hasSecretRef()) {
      findings.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
    } else if (source.hasConfigMapRef() && source.hasSecretRef()) {
      findings.invalid(path, "", "may not have more than one field specified at a time");
    }
  }
}

}  // namespace cleat::kinds
