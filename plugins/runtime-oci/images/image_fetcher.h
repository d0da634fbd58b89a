// Brings images into the store with skopeo: from registries, from archives and from layouts on this machine.
//
// Blocks for as long as the transfer takes, so it belongs on a thread of its own. Credentials go to skopeo in a file
// that only root can read, never on its command line.
#pragma once

#include "images/image_store.h"
#include "images/key_turns.h"

#include <cstdint>
#include <string>
#include <vector>

namespace cleat::runtime {

struct FetchSettings {
  std::string skopeo = "/usr/bin/skopeo";
  std::string registriesConf = {};  // mirrors, as containers-registries.conf(5) has them; empty: the machine's own
  std::vector<std::string> insecureRegistries;  // spoken to without TLS, or without checking the certificate
  int timeoutMs = 30 * 60 * 1000;
  int cancelFd = -1;  // when it becomes readable, transfers are given up
};

struct RegistryCredential {
  std::string username, password;
};

class ImageFetcher {
 public:
  ImageFetcher(ImageStore& store, FetchSettings settings) : store_(store), settings_(std::move(settings)) {}

  // Asks the registry in any case, so that it can refuse; an image that it has under the same digest as the store is
  // not copied again. Codes: 400 a malformed name or image, 404 the registry does not have it, 403 it may not be
  // pulled, 413 the image is larger than the store's limits, 503 not reachable.
  Result<Image> pull(const std::string& name, const RegistryCredential& credential);

  // `path` is an OCI or Docker archive or the folder of an OCI layout. With `name` empty the images keep the names that
  // the archive gives them; the last one is the result.
  Result<Image> import(const std::string& path, const std::string& name);

 private:
  // An image to be copied: what skopeo calls it, its names here, how to get at it, and the most bytes that skopeo may
  // write into one file for it.
  struct Source {
    std::string reference;
    std::vector<std::string> names, access;
    uint64_t fileLimit = 0;
  };
  Result<std::string> remoteManifest(const ImageName& name, const std::vector<std::string>& access);
  Result<Image> pullWith(const ImageName& name, const RegistryCredential& credential);
  Result<Image> copy(const Source& source);
  Result<Image> importAll(const std::string& path, const std::string& name);

  ImageStore& store_;
  FetchSettings settings_;
  KeyTurns turns_;  // by the digests of manifests
};

// One image in an archive or layout: how skopeo is told of it, and the names it has there.
struct ArchivedImage {
  std::string source;  // "docker-archive:/x.tar:@0"
  std::vector<std::string> names;
};

Result<std::vector<ArchivedImage>> readArchive(const std::string& path);

// What skopeo's standard error says went wrong, without its own log format, as a Status with the code that fits.
Status fetchError(const std::string& image, const std::string& standardError);

}  // namespace cleat::runtime
