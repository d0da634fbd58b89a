#include "pod/env.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/meta.h>

#include <algorithm>
#include <set>

namespace cleat::agent {
namespace {

const std::string* find(const Environment& environment, std::string_view name) {
  for (const auto& [key, value] : environment) {
    if (key == name) return &value;
  }
  return nullptr;
}

void set(Environment& environment, std::string_view name, std::string value) {
  for (auto& [key, old] : environment) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  environment.emplace_back(name, std::move(value));
}

// Kubernetes takes any printable ASCII but '=' since 1.32.
bool isVariableName(std::string_view name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~' && c != '='; });
}

// Builds one container's environment; the members are what every step needs.
class EnvironmentBuilder {
 public:
  EnvironmentBuilder(core_v1::Pod::Reader pod, core_v1::Container::Reader container, const EnvironmentSources& sources)
      : pod_(pod), container_(container), sources_(sources) {}

  Result<Environment> build() {
    for (auto source : container_.getEnvFrom()) {
      CLEAT_TRY(addAllOf(source));
    }
    for (auto variable : container_.getEnv()) {
      CLEAT_TRY(auto value, valueOf(variable));
      if (value) set(environment_, view(variable.getName()), std::move(*value));
    }
    for (const auto& [name, value] : sources_.services) {
      if (find(environment_, name) == nullptr) environment_.emplace_back(name, value);
    }
    return std::move(environment_);
  }

 private:
  std::string nameSpace() const { return str(pod_.getMetadata().getNamespace()); }

  Result<void> addAllOf(core_v1::EnvFromSource::Reader source) {
    if (source.hasConfigMapRef()) {
      auto reference = source.getConfigMapRef();
      auto found = sources_.objects.configMaps.find(view(reference.getName()));
      if (found != sources_.objects.configMaps.end()) return addEntries(source, found->second->getData());
      if (valueOr(reference.getOptional(), false)) return {};
      return fail(Status::notFound("configmap", view(reference.getName())));
    }
    if (source.hasSecretRef()) {
      auto reference = source.getSecretRef();
      auto found = sources_.objects.secrets.find(view(reference.getName()));
      if (found != sources_.objects.secrets.end()) return addEntries(source, found->second->getData());
      if (valueOr(reference.getOptional(), false)) return {};
      return fail(Status::notFound("secret", view(reference.getName())));
    }
    return {};
  }

  template <class Entries>
  Result<void> addEntries(core_v1::EnvFromSource::Reader source, Entries entries) {
    for (auto entry : entries) {
      std::string name = concat(source.getPrefix(), entry.getKey());
      if (isVariableName(name)) set(environment_, name, std::string(view(entry.getValue())));
    }
    return {};
  }

  // None: the variable is left out, because what it refers to is optional and absent.
  Result<std::optional<std::string>> valueOf(core_v1::EnvVar::Reader variable) {
    if (!variable.hasValueFrom()) {
      return expand(view(variable.getValue()), [&](std::string_view name) {
        const std::string* own = find(environment_, name);
        return own != nullptr ? own : find(sources_.services, name);
      });
    }
    auto from = variable.getValueFrom();
    if (from.hasFieldRef()) {
      return wrap(fieldValue(pod_, view(from.getFieldRef().getFieldPath()), sources_.facts));
    }
    if (from.hasResourceFieldRef()) return wrap(resourceField(from.getResourceFieldRef()));
    if (from.hasConfigMapKeyRef()) return configMapKey(from.getConfigMapKeyRef());
    if (from.hasSecretKeyRef()) return secretKey(from.getSecretKeyRef());
    return fail(Status::badRequest(
        concat("the environment variable ", variable.getName(), " has a source that this node does not support")));
  }

  static Result<std::optional<std::string>> wrap(Result<std::string> value) {
    CLEAT_TRY(value);
    return std::optional<std::string>(std::move(*value));
  }

  Result<std::string> resourceField(core_v1::ResourceFieldSelector::Reader selector) {
    if (selector.getContainerName().size() == 0) return resourceValue(container_, selector, sources_.facts);
    auto other = findContainer(pod_.getSpec(), view(selector.getContainerName()));
    if (!other) {
      return fail(Status::badRequest(concat("container ", selector.getContainerName(), " not found")));
    }
    return resourceValue(other->spec, selector, sources_.facts);
  }

  Result<std::optional<std::string>> configMapKey(core_v1::ConfigMapKeySelector::Reader selector) {
    bool optional = valueOr(selector.getOptional(), false);
    auto found = sources_.objects.configMaps.find(view(selector.getName()));
    if (found == sources_.objects.configMaps.end()) {
      if (optional) return std::nullopt;
      return fail(Status::notFound("configmap", view(selector.getName())));
    }
    if (auto value = lookup(found->second->getData(), view(selector.getKey()))) return std::string(*value);
    if (optional) return std::nullopt;
    return fail(Status::badRequest(
        concat("couldn't find key ", selector.getKey(), " in ConfigMap ", nameSpace(), "/", selector.getName())));
  }

  Result<std::optional<std::string>> secretKey(core_v1::SecretKeySelector::Reader selector) {
    bool optional = valueOr(selector.getOptional(), false);
    auto found = sources_.objects.secrets.find(view(selector.getName()));
    if (found == sources_.objects.secrets.end()) {
      if (optional) return std::nullopt;
      return fail(Status::notFound("secret", view(selector.getName())));
    }
    for (auto entry : found->second->getData()) {
      if (view(entry.getKey()) == view(selector.getKey())) return std::string(view(entry.getValue()));
    }
    if (optional) return std::nullopt;
    return fail(Status::badRequest(
        concat("couldn't find key ", selector.getKey(), " in Secret ", nameSpace(), "/", selector.getName())));
  }

  core_v1::Pod::Reader pod_;
  core_v1::Container::Reader container_;
  const EnvironmentSources& sources_;
  Environment environment_;
};

std::string variableName(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

// What Docker's container links were: NAME_PORT_80_TCP=tcp://10.0.0.1:80 and its parts.
void addLinks(Environment& out, const std::string& prefix, core_v1::Service::Reader service) {
  std::string address = str(service.getSpec().getClusterIP());
  std::string host = hostInUrl(address);
  bool isFirst = true;
  for (auto port : service.getSpec().getPorts()) {
    std::string protocol = port.getProtocol().size() == 0 ? "TCP" : str(port.getProtocol());
    std::string url = concat(lowered(protocol), "://", host, ":", port.getPort());
    if (isFirst) out.emplace_back(prefix + "_PORT", url);
    isFirst = false;
    std::string portPrefix = concat(prefix, "_PORT_", port.getPort(), "_", variableName(protocol));
    out.emplace_back(portPrefix, url);
    out.emplace_back(portPrefix + "_PROTO", lowered(protocol));
    out.emplace_back(portPrefix + "_PORT", concat(port.getPort()));
    out.emplace_back(portPrefix + "_ADDR", address);
  }
}

}  // namespace

Result<Environment> environmentOf(core_v1::Pod::Reader pod, core_v1::Container::Reader container,
                                  const EnvironmentSources& sources) {
  return EnvironmentBuilder(pod, container, sources).build();
}

Environment serviceEnvironment(const std::vector<Object<core_v1::Service>>& services) {
  Environment out;
  for (const auto& service : services) {
    auto spec = service->getSpec();
    if (spec.getClusterIP().size() == 0 || view(spec.getClusterIP()) == "None" || spec.getPorts().size() == 0) continue;
    std::string prefix = variableName(service.name());
    out.emplace_back(prefix + "_SERVICE_HOST", str(spec.getClusterIP()));
    out.emplace_back(prefix + "_SERVICE_PORT", concat(spec.getPorts()[0].getPort()));
    for (auto port : spec.getPorts()) {
      if (port.getName().size() == 0) continue;
      out.emplace_back(concat(prefix, "_SERVICE_PORT_", variableName(view(port.getName()))), concat(port.getPort()));
    }
    addLinks(out, prefix, *service);
  }
  return out;
}

std::string expand(std::string_view text, const std::function<const std::string*(std::string_view)>& valueOf) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    if (text[at] != '$' || at + 1 == text.size()) {
      out += text[at++];
      continue;
    }
    if (text[at + 1] == '$') {
      out += '$';
      at += 2;
      continue;
    }
    size_t end = text[at + 1] == '(' ? text.find(')', at + 2) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += text[at];
      out += text[at + 1];
      at += 2;
      continue;
    }
    const std::string* value = valueOf(text.substr(at + 2, end - at - 2));
    if (value != nullptr) {
      out += *value;
    } else {
      out += text.substr(at, end + 1 - at);
    }
    at = end + 1;
  }
  return out;
}

std::string expand(std::string_view text, const Environment& environment) {
  return expand(text, [&](std::string_view name) { return find(environment, name); });
}

References referencesOf(core_v1::PodSpec::Reader spec) {
  std::set<std::string> configMaps;
  std::set<std::string> secrets;
  bool trustBundles = false;
  for (const auto& container : allContainersOf(spec)) {
    for (auto source : container.spec.getEnvFrom()) {
      if (source.hasConfigMapRef()) configMaps.insert(str(source.getConfigMapRef().getName()));
      if (source.hasSecretRef()) secrets.insert(str(source.getSecretRef().getName()));
    }
    for (auto variable : container.spec.getEnv()) {
      auto from = variable.getValueFrom();
      if (from.hasConfigMapKeyRef()) configMaps.insert(str(from.getConfigMapKeyRef().getName()));
      if (from.hasSecretKeyRef()) secrets.insert(str(from.getSecretKeyRef().getName()));
    }
  }
  for (auto volume : spec.getVolumes()) {
    if (volume.hasConfigMap()) configMaps.insert(str(volume.getConfigMap().getName()));
    if (volume.hasSecret()) secrets.insert(str(volume.getSecret().getSecretName()));
    for (auto source : volume.getProjected().getSources()) {
      if (source.hasConfigMap()) configMaps.insert(str(source.getConfigMap().getName()));
      if (source.hasSecret()) secrets.insert(str(source.getSecret().getName()));
      trustBundles = trustBundles || source.hasClusterTrustBundle();
    }
  }
  for (auto reference : spec.getImagePullSecrets()) secrets.insert(str(reference.getName()));
  return {{configMaps.begin(), configMaps.end()}, {secrets.begin(), secrets.end()}, trustBundles};
}

}  // namespace cleat::agent
