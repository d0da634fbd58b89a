// The layers of this machine's images, each unpacked once into a folder that overlayfs can stack, named by the whole
// digest of the layer's uncompressed archive (its "diffId").
//
// A folder is used only with its record, which is written after the unpacked content has turned out to have the digests
// that the image's configuration and manifest name, and which knows the folder by its inode and time of birth: a folder
// that a crash left half done, or that somebody put there, is unpacked again. The record and the files are on disk
// before the folder appears under its name.
//
// May be used from any thread. Different layers are unpacked beside each other; who asks for one that is being unpacked
// waits for it.
#pragma once

#include "images/image_limits.h"
#include "images/key_turns.h"

#include <cleat/sdk/status.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cleat::runtime {

struct Layer {
  std::string diffId;        // "sha256:…" of the uncompressed archive, as the image's configuration says
  std::string blob;          // "sha256:…" of the archive, as the manifest says
  uint64_t packedBytes = 0;  // of the archive, as the manifest says

  std::string folderName() const { return diffId.substr(7); }
};

class LayerStore {
 public:
  // Folders below `folder`, which holds blobs/ as well.
  LayerStore(std::string folder, ImageLimits limits) : folder_(std::move(folder)), limits_(limits) {}

  // Makes the folders. They are root's own: what is in a layer (programs that are setuid, devices) is not for this
  // machine's users.
  Result<void> open();

  // Unpacks those that are not there, the lowest first, in `scratch`, an empty folder on the same filesystem. Fails
  // with the layer's digest and the limit that it breaks, and with nothing new under a layer's name but what is
  // complete.
  Result<void> unpack(const std::vector<Layer>& layers, const std::string& scratch);

  // Whether the layer is there and complete: to how many bytes it unpacked.
  std::optional<uint64_t> unpackedBytes(const Layer& layer) const;

  // Moves what is not in `keep` (names of folders) to `trash`, for the caller to remove.
  void moveOthers(const std::set<std::string>& keep, const std::string& trash);

  std::string layersFolder() const { return folder_ + "/layers"; }
  const ImageLimits& limits() const { return limits_; }

 private:
  std::string recordsFolder() const { return folder_ + "/verified"; }
  Result<uint64_t> unpackedWithin(const Layer& layer, uint64_t left, const std::string& scratch);
  Result<uint64_t> unpackOne(const Layer& layer, const LayerLimits& limits, const std::string& scratch);

  const std::string folder_;
  const ImageLimits limits_;
  KeyTurns turns_;
};

// Moves what is in `folder` and not in `keep` to `trash`, an existing folder on the same filesystem. What cannot be
// moved has no owner and is met again the next time.
void moveOthers(const std::string& folder, const std::set<std::string>& keep, const std::string& trash);

}  // namespace cleat::runtime
