// The names of images as pods write them: "busybox", "registry.example:5000/team/app:1.2", "app@sha256:…".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cleat::agent {

struct ImageName {
  std::string registry;    // "docker.io" where none is written
  std::string repository;  // "library/busybox"
  std::string tag;         // "latest" where neither tag nor digest is written
  std::string digest;      // "sha256:…"

  // "docker.io/library/busybox"
  std::string path() const { return registry + "/" + repository; }
  // As a runtime lists it: with the tag or, where there is one, with the digest alone.
  std::string listed() const { return path() + (digest.empty() ? ":" + tag : "@" + digest); }
};

// None if it is not a reference to an image.
std::optional<ImageName> parseImageName(std::string_view text);

// What imagePullPolicy is where the pod leaves it out: Always for the tag "latest", else IfNotPresent.
std::string_view defaultPullPolicy(const ImageName& name);

}  // namespace cleat::agent
