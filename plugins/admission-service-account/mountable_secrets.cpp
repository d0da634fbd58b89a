#include "mountable_secrets.h"

#include <cleat/sdk/meta.h>

#include <set>
#include <string_view>

namespace cleat {
namespace {

using Account = Object<core_v1::ServiceAccount>;
using Names = std::set<std::string_view>;

Names secretsOf(const Account& account) {
  Names names;
  for (auto secret : account->getSecrets()) names.insert(view(secret.getName()));
  return names;
}

std::string refusal(std::string_view reference, std::string_view secret, const Account& account) {
  return concat(reference, " referencing secret.secretName=\"", secret, "\" is not allowed because service account ",
                account.name(), " does not reference that secret");
}

// `what`: "container".
template <class Containers>
std::optional<std::string> foreignIn(Containers containers, std::string_view what, const Account& account) {
  const Names known = secretsOf(account);
  for (auto container : containers) {
    const std::string name = concat(what, " ", container.getName(), " with ");
    for (auto variable : container.getEnv()) {
      if (!variable.getValueFrom().hasSecretKeyRef()) continue;
      const std::string_view secret = view(variable.getValueFrom().getSecretKeyRef().getName());
      if (!known.contains(secret)) return refusal(concat(name, "envVar ", variable.getName()), secret, account);
    }
    for (auto source : container.getEnvFrom()) {
      if (!source.hasSecretRef()) continue;
      const std::string_view secret = view(source.getSecretRef().getName());
      if (!known.contains(secret)) return refusal(concat(name, "envFrom"), secret, account);
    }
  }
  return std::nullopt;
}

std::optional<std::string> foreignVolume(core_v1::PodSpec::Reader spec, const Account& account) {
  const Names known = secretsOf(account);
  for (auto volume : spec.getVolumes()) {
    if (!volume.hasSecret()) continue;
    const std::string_view secret = view(volume.getSecret().getSecretName());
    if (known.contains(secret)) continue;
    return concat("volume with secret.secretName=\"", secret, "\" is not allowed because service account ",
                  account.name(), " does not reference that secret");
  }
  return std::nullopt;
}

std::optional<std::string> foreignPullSecret(core_v1::PodSpec::Reader spec, const Account& account) {
  Names known;
  for (auto secret : account->getImagePullSecrets()) known.insert(view(secret.getName()));
  auto wanted = spec.getImagePullSecrets();
  for (uint32_t i = 0; i < wanted.size(); ++i) {
    if (known.contains(view(wanted[i].getName()))) continue;
    return concat("imagePullSecrets[", i, "].name=\"", wanted[i].getName(),
                  "\" is not allowed because service account ", account.name(),
                  " does not reference that imagePullSecret");
  }
  return std::nullopt;
}

}  // namespace

bool enforcesSecrets(const Account& account) {
  const auto value = annotation(account.meta(), "kubernetes.io/enforce-mountable-secrets");
  // The words that Go's ParseBool takes for true.
  static const Names kTrue{"1", "t", "T", "true", "TRUE", "True"};
  return value && kTrue.contains(*value);
}

std::optional<std::string> foreignSecretOf(core_v1::PodSpec::Reader spec, const Account& account) {
  if (auto foreign = foreignVolume(spec, account)) return foreign;
  if (auto foreign = foreignIn(spec.getInitContainers(), "init container", account)) return foreign;
  if (auto foreign = foreignIn(spec.getContainers(), "container", account)) return foreign;
  return foreignPullSecret(spec, account);
}

std::optional<std::string> foreignSecretOfEphemeral(core_v1::PodSpec::Reader spec, const Account& account) {
  return foreignIn(spec.getEphemeralContainers(), "ephemeral container", account);
}

}  // namespace cleat
