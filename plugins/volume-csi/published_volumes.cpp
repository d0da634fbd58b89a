#include "published_volumes.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <array>
#include <filesystem>

#include <openssl/sha.h>

namespace cleat::csi {
namespace {

namespace fs = std::filesystem;

std::string digestOf(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Status cannot(std::string_view doing, const std::string& path, const std::error_code& error) {
  return Status::internal(concat("cannot ", doing, " ", path, ": ", error.message()));
}

}  // namespace

std::string PublishedVolumes::folderOf(const std::string& driver, const std::string& handle) const {
  return concat(folder_, "/", driver, "/", digestOf(handle));
}

std::string PublishedVolumes::stagingPath(const std::string& driver, const std::string& handle) const {
  return folderOf(driver, handle) + "/globalmount";
}

Result<std::string> PublishedVolumes::makeStaging(const std::string& driver, const std::string& handle) const {
  const std::string path = stagingPath(driver, handle);
  CLEAT_TRY(makeFolders(path, 0750));
  return path;
}

Result<void> PublishedVolumes::noteTarget(const std::string& driver, const std::string& handle,
                                          const std::string& target) const {
  const std::string folder = folderOf(driver, handle);
  CLEAT_TRY(makeFolders(folder + "/targets", 0750));
  CLEAT_TRY(writeFile(folder + "/handle", handle));
  return writeFile(concat(folder, "/targets/", digestOf(target)), target);
}

Result<bool> PublishedVolumes::forgetTarget(const std::string& driver, const std::string& handle,
                                            const std::string& target) const {
  const std::string targets = folderOf(driver, handle) + "/targets";
  const std::string file = concat(targets, "/", digestOf(target));
  std::error_code error;
  fs::remove(file, error);
  if (error) return fail(cannot("remove", file, error));
  const bool isEmpty = !fs::exists(targets, error) || fs::is_empty(targets, error);
  if (error) return fail(cannot("read", targets, error));
  return isEmpty;
}

bool PublishedVolumes::isKnown(const std::string& driver, const std::string& handle) const {
  std::error_code error;
  return fs::exists(folderOf(driver, handle), error);
}

// Not recursively: what may still be mounted below is never emptied.
Result<void> PublishedVolumes::forget(const std::string& driver, const std::string& handle) const {
  const std::string folder = folderOf(driver, handle);
  for (const char* part : {"/globalmount", "/targets", "/handle", ""}) {
    std::error_code error;
    fs::remove(folder + part, error);
    if (error) return fail(cannot("remove", folder + part, error));
  }
  return {};
}

}  // namespace cleat::csi
