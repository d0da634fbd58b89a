// Brings images into the store with skopeo: from registries, from archives and from layouts on this machine.
//
// Blocks for as long as the transfer takes, so it belongs on a thread of its own. Credentials go to skopeo in a file
// that only root can read, never on its command line.
#pragma once

#include "images/image_store.h"

#include <string>
#include <vector>

namespace cleat::runtime {

struct FetchSettings {
  std::string skopeo = "/usr/bin/skopeo";
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

  // An image that the registry still has under the same digest as the store is not copied again.
  // Codes: 400 a malformed name, 404 the registry does not have it, 403 it may not be pulled, 503 not reachable.
  Result<Image> pull(const std::string& name, const RegistryCredential& credential);

  // `path` is an OCI or Docker archive or the folder of an OCI layout. With `name` empty the images keep the names that
  // the archive gives them; the last one is the result.
  Result<Image> import(const std::string& path, const std::string& name);

 private:
  Result<std::string> remoteDigest(const ImageName& name, const std::vector<std::string>& access);
  Result<Image> copy(const std::string& source, const std::vector<std::string>& names,
                     const std::vector<std::string>& access);

  ImageStore& store_;
  FetchSettings settings_;
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
