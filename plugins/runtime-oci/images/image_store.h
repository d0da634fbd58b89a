// The images of this machine: an OCI layout (FOLDER/oci-layout, index.json, blobs/) and, beside it, every layer
// unpacked (layer_store.h).
//
// Whatever is to be kept appears by a rename: index.json last of all, so that a crash leaves an image there or not, and
// at most some files without an owner, which `open` removes. A layer that index.json needs and that is not unpacked is
// unpacked again from its blob; so are all layers of a store of the time when their folders had shorter names, and
// those folders go when no container uses them any more.
//
// May be used from any thread. Reading takes a lock for an instant; adding and removing images wait for each other, but
// for nobody's unpacking or removing of files.
#pragma once

#include "image-common/image_name.h"
#include "images/layer_store.h"

#include <cleat/sdk/mutex.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace cleat::runtime {

// What an image's configuration says of the containers made from it.
struct ImageConfig {
  std::string user, workingDir, stopSignal;
  std::vector<std::string> env, entrypoint, cmd;
};

struct Image {
  std::string id;                    // "sha256:…" of its configuration
  std::string manifestDigest;        // in this store
  std::vector<std::string> names;    // "docker.io/library/busybox:1.35"
  std::vector<std::string> digests;  // "docker.io/library/busybox@sha256:…", as the registry has it
  uint64_t sizeBytes = 0;
  ImageConfig config;
  std::vector<std::string> layers;  // names of folders in `layersFolder()`, the lowest first
  std::vector<std::string> blobs;   // names of files in `blobsFolder()`/sha256: all that it consists of
};

// What a pod's status calls the image of a container that asked for `name`: the digest under which the registry of that
// name has it, or any that does; the id of an image that came from no registry.
std::string pullableReference(const Image& image, const std::string& name);

class ImageStore {
 public:
  explicit ImageStore(std::string folder, ImageLimits limits = {})
      : folder_(std::move(folder)), layerStore_(folder_, limits) {}

  // Reads the index and repairs what a crash left behind. Once, before anything else. What could not be repaired is
  // told, and is not an error: those images are gone and can be pulled again.
  Result<std::vector<std::string>> open();

  // By name in any form, by id, or by the beginning of an id of at least twelve digits.
  Result<Image> find(const std::string& nameOrId) const;
  std::vector<Image> list() const;

  // A folder to copy an image into, while which no blob and no layer is thrown away. Removed with the object.
  class Transfer {
   public:
    ~Transfer();
    const std::string& folder() const { return folder_; }

   private:
    friend class ImageStore;
    Transfer(ImageStore& store, std::string folder) : store_(store), folder_(std::move(folder)) {}
    ImageStore& store_;
    std::string folder_;
  };
  Result<std::unique_ptr<Transfer>> beginTransfer();

  // Takes over the one image whose index.json is in `layout`, with its blobs in `blobsFolder()` already: checks them,
  // unpacks what layers are new and gives it the names. A name that another image had is this one's now. When it fails,
  // `collect` removes what belongs to no image.
  Result<Image> adopt(const std::string& layout, const std::vector<std::string>& names);

  // One more name for an image.
  Result<Image> addNames(const std::string& id, const std::vector<std::string>& names);

  // By name: that name, and the image with its last one. By id: the image. Layers in use stay.
  Result<void> remove(const std::string& nameOrId);

  // `find`, and the image's layers are in use from now on. They stay until `release` is called as often.
  Result<Image> use(const std::string& nameOrId);
  void use(const std::vector<std::string>& layers);
  void release(const std::vector<std::string>& layers);

  // Throws away layers and blobs that belong to no image, except those in use; while transfers go on, the last of them
  // does so when it ends.
  void collect();

  std::string blobsFolder() const { return folder_ + "/blobs"; }
  std::string layersFolder() const { return layerStore_.layersFolder(); }
  const ImageLimits& limits() const { return layerStore_.limits(); }
  const std::string& folder() const { return folder_; }

 private:
  struct Loaded {
    Image image;
    std::vector<Layer> layers;
  };
  using Images = std::map<std::string, Image>;  // by manifest digest

  std::string blobPath(const std::string& digest) const;
  Result<Loaded> load(const std::string& manifestDigest) const;
  Result<std::string> newFolder(const char* purpose) const;
  Result<void> writeIndex(const Images& images) const;
  void keepRoom() const;
  Result<void> replace(Images images) CLEAT_REQUIRES(changing_);
  static const Image* findIn(const Images& images, const std::string& nameOrId);
  // To read while holding `changing_`: nobody replaces the images without it.
  const Images& imagesNow() const CLEAT_REQUIRES(changing_) CLEAT_UNCHECKED_LOCKING { return images_; }

  std::string folder_;
  LayerStore layerStore_;
  Mutex changing_;  // held while images are added or removed
  mutable Mutex mutex_;
  Images images_ CLEAT_GUARDED_BY(mutex_);
  std::multiset<std::string> inUse_ CLEAT_GUARDED_BY(mutex_);
  int transfers_ CLEAT_GUARDED_BY(mutex_) = 0;
  bool collectDue_ CLEAT_GUARDED_BY(mutex_) = false;
};

}  // namespace cleat::runtime
