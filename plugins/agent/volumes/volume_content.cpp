#include "volumes/volume_content.h"

#include <cleat/sdk/meta.h>

namespace cleat::agent {
namespace {

constexpr int32_t kDefaultMode = 0644;
constexpr int64_t kDefaultTokenSeconds = 3600;

class ContentBuilder {
 public:
  ContentBuilder(core_v1::Pod::Reader pod, const ContentSources& sources) : pod_(pod), sources_(sources) {}

  Result<VolumeFiles> build(core_v1::Volume::Reader volume) {
    Result<void> added;
    if (volume.hasConfigMap()) {
      auto source = volume.getConfigMap();
      mode_ = modeOf(source.getDefaultMode());
      added = addConfigMap(source);
    } else if (volume.hasSecret()) {
      auto source = volume.getSecret();
      mode_ = modeOf(source.getDefaultMode());
      added = addSecret(view(source.getSecretName()), source);
    } else if (volume.hasDownwardAPI()) {
      auto source = volume.getDownwardAPI();
      mode_ = modeOf(source.getDefaultMode());
      added = addDownward(source.getItems());
    } else {
      added = addProjected(str(volume.getName()), volume.getProjected());
    }
    CLEAT_TRY(added);
    return std::move(files_);
  }

 private:
  template <class Box>
  static uint32_t modeOf(Box box) {
    return static_cast<uint32_t>(valueOr(box, kDefaultMode)) & 0777;
  }

  template <class Box>
  uint32_t modeOr(Box box) const {
    return isSet(box) ? static_cast<uint32_t>(box.getValue()) & 0777 : mode_;
  }

  void add(const std::string& path, std::string content, uint32_t mode) {
    files_[path] = {std::move(content), mode, {}};
  }

  // What a ConfigMap or Secret holds, by key.
  using Entries = std::map<std::string, std::string, std::less<>>;

  template <class Source>
  Result<void> addEntries(const Entries& entries, Source source, std::string_view noSuchKey) {
    if (source.getItems().size() == 0) {
      for (const auto& [key, content] : entries) add(key, content, mode_);
      return {};
    }
    for (auto item : source.getItems()) {
      auto found = entries.find(view(item.getKey()));
      if (found != entries.end()) {
        add(str(item.getPath()), found->second, modeOr(item.getMode()));
      } else if (!valueOr(source.getOptional(), false)) {
        return fail(Status::badRequest(concat(noSuchKey, item.getKey())));
      }
    }
    return {};
  }

  template <class Source>
  Result<void> addConfigMap(Source source) {
    auto found = sources_.objects.configMaps.find(view(source.getName()));
    if (found == sources_.objects.configMaps.end()) {
      if (valueOr(source.getOptional(), false)) return {};
      return fail(Status::notFound("configmap", view(source.getName())));
    }
    Entries entries;
    for (auto entry : found->second->getData()) entries[str(entry.getKey())] = str(entry.getValue());
    for (auto entry : found->second->getBinaryData()) entries[str(entry.getKey())] = str(view(entry.getValue()));
    return addEntries(entries, source, "configmap references non-existent config key: ");
  }

  template <class Source>
  Result<void> addSecret(std::string_view name, Source source) {
    auto found = sources_.objects.secrets.find(name);
    if (found == sources_.objects.secrets.end()) {
      if (valueOr(source.getOptional(), false)) return {};
      return fail(Status::notFound("secret", name));
    }
    Entries entries;
    for (auto entry : found->second->getData()) entries[str(entry.getKey())] = str(view(entry.getValue()));
    return addEntries(entries, source, "references non-existent secret key: ");
  }

  Result<void> addDownward(capnp::List<core_v1::DownwardAPIVolumeFile>::Reader items) {
    for (auto item : items) {
      Result<std::string> value;
      if (item.hasFieldRef()) {
        value = fieldValue(pod_, view(item.getFieldRef().getFieldPath()), sources_.facts);
      } else {
        auto selector = item.getResourceFieldRef();
        auto container = findContainer(pod_.getSpec(), view(selector.getContainerName()));
        if (!container) {
          return fail(Status::badRequest(concat("container ", selector.getContainerName(), " not found")));
        }
        value = resourceValue(container->spec, selector, sources_.facts);
      }
      CLEAT_TRY(value);
      add(str(item.getPath()), std::move(*value), modeOr(item.getMode()));
    }
    return {};
  }

  Result<void> addToken(core_v1::ServiceAccountTokenProjection::Reader projection) {
    for (const auto& spec : tokensOf(pod_)) {
      bool same = spec.audience == view(projection.getAudience()) &&
                  spec.expirationSeconds == valueOr(projection.getExpirationSeconds(), kDefaultTokenSeconds);
      if (!same) continue;
      auto token = sources_.tokens.find(tokenKey(spec));
      if (token == sources_.tokens.end()) break;
      addOwned(projection.getPath(), token->second);
      return {};
    }
    return fail(Status::internal("the service account's token has not been fetched"));
  }

  Result<void> addCredential(const std::string& volume, uint32_t source,
                             core_v1::PodCertificateProjection::Reader projection) {
    auto found = sources_.credentials.find({volume, source});
    if (found == sources_.credentials.end()) return fail(Status::internal("the certificate has not been asked for"));
    const PodCredential& credential = found->second;
    if (projection.getCredentialBundlePath().size() > 0) {
      addOwned(projection.getCredentialBundlePath(), credential.key + credential.chain);
    }
    if (projection.getKeyPath().size() > 0) addOwned(projection.getKeyPath(), credential.key);
    if (projection.getCertificateChainPath().size() > 0) {
      addOwned(projection.getCertificateChainPath(), credential.chain);
    }
    return {};
  }

  // For the user of the containers alone, if they have one; a group that shares the volume may read it too.
  void addOwned(capnp::Text::Reader path, std::string content) {
    VolumeFile file{std::move(content), mode_, commonUser()};
    const bool shared = isSet(pod_.getSpec().getSecurityContext().getFsGroup());
    if (file.owner || shared) file.mode = 0600;
    files_[str(path)] = std::move(file);
  }

  // The user of all containers, when they have one in common.
  std::optional<uint32_t> commonUser() const {
    auto spec = pod_.getSpec();
    std::optional<int64_t> common;
    for (const auto& container : containersOf(spec)) {
      auto own = container.spec.getSecurityContext().getRunAsUser();
      auto box = isSet(own) ? own : spec.getSecurityContext().getRunAsUser();
      if (!isSet(box)) return std::nullopt;
      if (common && *common != box.getValue()) return std::nullopt;
      common = box.getValue();
    }
    if (!common) return std::nullopt;
    return static_cast<uint32_t>(*common);
  }

  Result<void> addTrustAnchors(core_v1::ClusterTrustBundleProjection::Reader projection) {
    CLEAT_TRY(std::string anchors, trustAnchorsOf(projection, sources_.objects.trustBundles));
    addOwned(projection.getPath(), std::move(anchors));
    return {};
  }

  Result<void> addProjected(const std::string& volume, core_v1::ProjectedVolumeSource::Reader projected) {
    mode_ = modeOf(projected.getDefaultMode());
    uint32_t place = 0;
    for (auto source : projected.getSources()) {
      Result<void> added;
      const uint32_t at = place++;
      if (source.hasSecret()) {
        added = addSecret(view(source.getSecret().getName()), source.getSecret());
      } else if (source.hasConfigMap()) {
        added = addConfigMap(source.getConfigMap());
      } else if (source.hasDownwardAPI()) {
        added = addDownward(source.getDownwardAPI().getItems());
      } else if (source.hasServiceAccountToken()) {
        added = addToken(source.getServiceAccountToken());
      } else if (source.hasClusterTrustBundle()) {
        added = addTrustAnchors(source.getClusterTrustBundle());
      } else if (source.hasPodCertificate()) {
        added = addCredential(volume, at, source.getPodCertificate());
      } else {
        added = fail(Status::badRequest("this node does not support a source of the projected volume"));
      }
      if (!added) return added;
    }
    return {};
  }

  core_v1::Pod::Reader pod_;
  const ContentSources& sources_;
  uint32_t mode_ = kDefaultMode;
  VolumeFiles files_;
};

}  // namespace

bool hasContent(core_v1::Volume::Reader volume) {
  return volume.hasConfigMap() || volume.hasSecret() || volume.hasDownwardAPI() || volume.hasProjected();
}

Result<VolumeFiles> contentOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume, const ContentSources& sources) {
  return ContentBuilder(pod, sources).build(volume);
}

std::vector<TokenRequestSpec> tokensOf(core_v1::Pod::Reader pod) {
  std::vector<TokenRequestSpec> specs;
  auto meta = pod.getMetadata();
  for (auto volume : pod.getSpec().getVolumes()) {
    for (auto source : volume.getProjected().getSources()) {
      if (!source.hasServiceAccountToken()) continue;
      auto projection = source.getServiceAccountToken();
      auto account = pod.getSpec().getServiceAccountName();
      specs.push_back({str(meta.getNamespace()), str(meta.getName()), str(meta.getUid()),
                       account.size() == 0 ? std::string("default") : str(account), str(projection.getAudience()),
                       valueOr(projection.getExpirationSeconds(), kDefaultTokenSeconds)});
    }
  }
  return specs;
}

std::vector<PodCertificateSpec> certificatesOf(core_v1::Pod::Reader pod) {
  std::vector<PodCertificateSpec> specs;
  auto meta = pod.getMetadata();
  const std::string_view account = view(pod.getSpec().getServiceAccountName());
  for (auto volume : pod.getSpec().getVolumes()) {
    auto sources = volume.getProjected().getSources();
    for (uint32_t i = 0; i < sources.size(); ++i) {
      if (!sources[i].hasPodCertificate()) continue;
      auto source = sources[i].getPodCertificate();
      PodCertificateSpec spec{.podNamespace = str(meta.getNamespace()),
                              .podName = str(meta.getName()),
                              .podUid = str(meta.getUid()),
                              .serviceAccount = account.empty() ? std::string("default") : str(account),
                              .volume = str(volume.getName()),
                              .source = i,
                              .signer = str(source.getSignerName()),
                              .keyType = str(source.getKeyType()),
                              .maxExpirationSeconds = {},
                              .annotations = {}};
      if (source.hasMaxExpirationSeconds()) spec.maxExpirationSeconds = source.getMaxExpirationSeconds().getValue();
      for (auto entry : source.getUserAnnotations()) spec.annotations[str(entry.getKey())] = str(entry.getValue());
      specs.push_back(std::move(spec));
    }
  }
  return specs;
}

std::string tokenKey(const TokenRequestSpec& spec) { return concat(spec.expirationSeconds, "/", spec.audience); }

}  // namespace cleat::agent
