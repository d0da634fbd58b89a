// The names of images, read as Docker does: "busybox" is docker.io/library/busybox:latest.
//
// An ImageName is a value in normal form. A name has a tag, a digest or both; with a digest the tag is only kept to be
// shown.
#pragma once

#include <cleat/sdk/status.h>

#include <string>
#include <string_view>

namespace cleat {

struct ImageName {
  std::string registry;    // "docker.io", "registry.example:5000"
  std::string repository;  // "library/busybox"
  std::string tag;         // "latest"; may be empty with a digest
  std::string digest;      // "sha256:…"; mostly empty

  std::string path() const { return registry + "/" + repository; }
  // "docker.io/library/busybox:latest", or with "@sha256:…".
  std::string full() const;
  // As a runtime lists it: with the tag or, where there is one, with the digest alone.
  std::string listed() const { return path() + (digest.empty() ? ":" + tag : "@" + digest); }
};

Result<ImageName> parseImageName(std::string_view name);

// What imagePullPolicy is where the pod leaves it out: Always for the tag "latest", else IfNotPresent.
std::string_view defaultPullPolicy(const ImageName& name);

// "sha256:" and 64 hexadecimal digits.
bool isDigest(std::string_view text);

// The digits of a digest, or of an id without the algorithm; what an image can be named by beside its name. Empty when
// it is neither.
std::string digestHex(std::string_view text);

}  // namespace cleat
