// The files of those volumes whose content comes from the API: ConfigMap, Secret, downward API and projected volumes.
// Pure: what they are made of has been fetched before.
#pragma once

#include <cleat/schema/kinds/core_v1.capnp.h>
#include <cleat/sdk/status.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pod/env.h"
#include "volumes/atomic_writer.h"
#include "volumes/pod_certificates.h"
#include "volumes/token_cache.h"

namespace cleat::agent {

struct ContentSources {
  const ReferencedObjects& objects;
  const PodFacts& facts;
  // By tokenKey of the projection.
  const std::map<std::string, std::string>& tokens;
  // By the names of volumes and the places of their sources.
  const std::map<std::pair<std::string, uint32_t>, PodCredential>& credentials;
};

// Whether the volume is of one of these types.
bool hasContent(core_v1::Volume::Reader volume);

Result<VolumeFiles> contentOf(core_v1::Pod::Reader pod, core_v1::Volume::Reader volume, const ContentSources& sources);

// What the tokens of a pod's projected volumes are, for TokenCache.
std::vector<TokenRequestSpec> tokensOf(core_v1::Pod::Reader pod);
std::string tokenKey(const TokenRequestSpec& spec);
// What their certificates are, for PodCertificates.
std::vector<PodCertificateSpec> certificatesOf(core_v1::Pod::Reader pod);

}  // namespace cleat::agent
