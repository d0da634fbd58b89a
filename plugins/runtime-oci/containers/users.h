// Who a container runs as: the user and groups that a pod or an image names, looked up in the files of the image.
//
// Reads /etc/passwd and /etc/group within a root filesystem that belongs to a stranger: links in it lead nowhere else.
#pragma once

#include <cleat/sdk/status.h>

#include <cstdint>
#include <string>
#include <vector>

namespace cleat::runtime {

struct UserWish {
  std::string imageUser;   // "web", "1000:1000", "web:staff"; empty: root
  int64_t runAsUser = -1;  // -1: the image's
  int64_t runAsGroup = -1;
  bool runAsNonRoot = false;
  std::vector<int64_t> supplementalGroups;
  bool strictGroups = false;            // only those, not what the image's /etc/group says
  uint32_t firstUnmapped = UINT32_MAX;  // ids from this on have no meaning in the pod's user namespace
  std::string pod;                      // "web_default(UID)" and the container's name, for errors
  std::string container;
};

struct User {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> additionalGids;  // sorted, without `gid`
  std::string home = "/";
};

// A number is an id, and never looked up as a name: an image could have a user called "1000" who is root. Errors about
// runAsNonRoot have the reason "CreateContainerConfigError" and Kubernetes' words.
Result<User> resolveUser(const std::string& rootfs, const UserWish& wish);

// A file within a root filesystem, as a process inside would see it. Code 404 when it is not there.
Result<std::string> readInside(const std::string& rootfs, const std::string& path, size_t limit);

}  // namespace cleat::runtime
