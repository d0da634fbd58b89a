// What is staged on this node, and for which targets: on disk, so that a volume is unstaged when its last pod has gone,
// whoever has died meanwhile. Below `folder`, for each volume a folder with
//
//   handle           which volume it is
//   globalmount      where it is staged, which real drivers find so called
//   targets/         a file for each place where it is published, by the SHA-256 of its path
//
// Blocks: for Context::blocking. Work on one volume at a time is the caller's care.
#pragma once

#include <cleat/sdk/status.h>

#include <string>

namespace cleat::csi {

class PublishedVolumes {
 public:
  explicit PublishedVolumes(std::string folder) : folder_(std::move(folder)) {}

  // An existing folder, empty where nobody has staged anything.
  Result<std::string> makeStaging(const std::string& driver, const std::string& handle) const;
  std::string stagingPath(const std::string& driver, const std::string& handle) const;

  Result<void> noteTarget(const std::string& driver, const std::string& handle, const std::string& target) const;
  // Returns whether the volume is published nowhere any more.
  Result<bool> forgetTarget(const std::string& driver, const std::string& handle, const std::string& target) const;
  // Whether there is anything of the volume.
  bool isKnown(const std::string& driver, const std::string& handle) const;
  Result<void> forget(const std::string& driver, const std::string& handle) const;

 private:
  std::string folderOf(const std::string& driver, const std::string& handle) const;
  std::string folder_;
};

}  // namespace cleat::csi
