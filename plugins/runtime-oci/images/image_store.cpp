#include "images/image_store.h"

#include "images/archive_reader.h"
#include "images/layer_writer.h"

#include <cleat/sdk/file.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr size_t kManifestLimit = 4u << 20;
constexpr const char* kRefName = "org.opencontainers.image.ref.name";

Result<json::value> readJson(const std::string& path) {
  CLEAT_TRY(auto text, readFile(path, kManifestLimit));
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error) return fail(Status::badRequest(path + ": " + error.message()));
  return value;
}

std::string textAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::vector<std::string> textsAt(const json::object& object, std::string_view key) {
  std::vector<std::string> texts;
  const json::value* value = object.if_contains(key);
  if (value && value->is_array())
    for (const json::value& text : value->get_array())
      if (text.is_string()) texts.emplace_back(text.get_string());
  return texts;
}

ImageConfig configOf(const json::object& image) {
  ImageConfig config;
  const json::value* value = image.if_contains("config");
  if (!value || !value->is_object()) return config;
  const json::object& object = value->get_object();
  config.user = textAt(object, "User");
  config.workingDir = textAt(object, "WorkingDir");
  config.stopSignal = textAt(object, "StopSignal");
  config.env = textsAt(object, "Env");
  config.entrypoint = textsAt(object, "Entrypoint");
  config.cmd = textsAt(object, "Cmd");
  return config;
}

bool holds(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void give(Image& image, const std::string& name) {
  std::vector<std::string>& list = name.find('@') == std::string::npos ? image.names : image.digests;
  if (!holds(list, name)) list.push_back(name);
}

// Removes what is not in `keep`, as far as it can: what stays has no owner and is met again the next time.
void removeOthers(const std::string& folder, const std::set<std::string>& keep) {
  if (auto names = listFolder(folder))
    for (const std::string& name : *names)
      if (!keep.contains(name)) (void)removeTree(folder + "/" + name);
}

}  // namespace

std::string pullableReference(const Image& image, const std::string& name) {
  if (image.digests.empty()) return image.id;
  auto asked = parseImageName(name);
  for (const std::string& digest : image.digests) {
    if (asked && digest.starts_with(asked->path() + "@")) return digest;
  }
  return image.digests.front();
}

std::string ImageStore::blobPath(const std::string& digest) const {
  return blobsFolder() + "/sha256/" + digest.substr(7);
}

Result<ImageStore::Loaded> ImageStore::load(const std::string& manifestDigest) const try {
  CLEAT_TRY(auto manifest, readJson(blobPath(manifestDigest)));
  const json::object& root = manifest.as_object();
  Loaded loaded;
  loaded.image.manifestDigest = manifestDigest;
  loaded.image.id = textAt(root.at("config").as_object(), "digest");
  if (!isDigest(loaded.image.id)) return fail(Status::badRequest("the image's manifest names no configuration"));
  CLEAT_TRY(auto config, readJson(blobPath(loaded.image.id)));
  loaded.image.config = configOf(config.as_object());
  std::vector<std::string> diffIds = textsAt(config.as_object().at("rootfs").as_object(), "diff_ids");
  const json::array& layers = root.at("layers").as_array();
  if (layers.empty() || layers.size() != diffIds.size())
    return fail(Status::badRequest("the image's manifest and configuration disagree on its layers"));
  if (layers.size() > 127)
    return fail(
        Status::badRequest("the image has " + std::to_string(layers.size()) + " layers; at most 127 can be stacked"));
  for (size_t i = 0; i < layers.size(); ++i) {
    Layer layer{diffIds[i], textAt(layers[i].as_object(), "digest")};
    if (!isDigest(layer.diffId) || !isDigest(layer.blob))
      return fail(Status::badRequest("the image's layers are not named by SHA-256 digests"));
    loaded.image.sizeBytes += layers[i].as_object().at("size").to_number<uint64_t>();
    loaded.image.layers.push_back(layer.folderName());
    loaded.layers.push_back(std::move(layer));
  }
  return loaded;
} catch (const std::exception& error) {
  return fail(Status::badRequest(std::string("the image's manifest or configuration is malformed: ") + error.what()));
}

Result<void> ImageStore::unpack(const Layer& layer) {
  std::string target = layersFolder() + "/" + layer.folderName();
  if (access(target.c_str(), F_OK) == 0) return {};
  std::string partial = folder_ + "/tmp/layer-" + layer.folderName();
  CLEAT_TRY(removeTree(partial));
  CLEAT_TRY(makeFolders(partial, 0755));
  auto digest = unpackLayer(blobPath(layer.blob), partial);
  if (!digest || *digest != layer.diffId) {
    (void)removeTree(partial);  // Tried again, and said, before this layer is unpacked the next time.
    CLEAT_TRY(digest);
    return fail(
        Status::badRequest("a layer of the image is damaged: its content is " + *digest + ", not " + layer.diffId));
  }
  // The files must be on disk before the name says that they are all there.
  Fd folder(::open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || syncfs(folder.get()) != 0) return fail(systemError("cannot write out " + partial, errno));
  if (rename(partial.c_str(), target.c_str()) != 0)
    return fail(systemError("cannot rename " + partial + " to " + target, errno));
  return {};
}

Result<void> ImageStore::writeIndex(const Images& images) const {
  json::array manifests;
  for (const auto& [digest, image] : images) {
    struct stat facts{};
    stat(blobPath(digest).c_str(), &facts);
    std::vector<std::string> references = image.names;
    references.insert(references.end(), image.digests.begin(), image.digests.end());
    for (const std::string& reference : references)
      manifests.push_back(json::object{{"mediaType", "application/vnd.oci.image.manifest.v1+json"},
                                       {"digest", digest},
                                       {"size", facts.st_size},
                                       {"annotations", json::object{{kRefName, reference}}}});
  }
  json::object index{{"schemaVersion", 2}, {"manifests", std::move(manifests)}};
  return writeFile(folder_ + "/index.json", json::serialize(index));
}

Result<void> ImageStore::replace(Images images) {
  std::erase_if(images, [](const auto& entry) { return entry.second.names.empty() && entry.second.digests.empty(); });
  CLEAT_TRY(writeIndex(images));
  MutexLock lock(mutex_);
  images_ = std::move(images);
  return {};
}

Result<std::vector<std::string>> ImageStore::open() {
  MutexLock changing(changing_);
  for (const char* name : {"/blobs/sha256", "/layers", "/tmp"})
    if (auto made = makeFolders(folder_ + name, 0700); !made) return fail(made.error());
  removeOthers(folder_ + "/tmp", {});
  if (access((folder_ + "/oci-layout").c_str(), F_OK) != 0)
    if (auto written = writeFile(folder_ + "/oci-layout", R"({"imageLayoutVersion":"1.0.0"})"); !written)
      return fail(written.error());
  std::vector<std::string> problems;
  Images images;
  auto index = readJson(folder_ + "/index.json");
  if (!index && !index.error().is(404)) problems.push_back(index.error().message);
  const json::value* manifests = index && index->is_object() ? index->get_object().if_contains("manifests") : nullptr;
  if (manifests && manifests->is_array())
    for (const json::value& value : manifests->get_array()) {
      if (!value.is_object()) continue;
      std::string digest = textAt(value.get_object(), "digest");
      const json::value* annotations = value.get_object().if_contains("annotations");
      std::string name = annotations && annotations->is_object() ? textAt(annotations->get_object(), kRefName) : "";
      if (!isDigest(digest) || name.empty()) continue;
      if (!images.contains(digest)) {
        auto loaded = load(digest);
        for (size_t i = 0; loaded && i < loaded->layers.size(); ++i)
          if (auto unpacked = unpack(loaded->layers[i]); !unpacked) loaded = fail(unpacked.error());
        if (!loaded) {
          problems.push_back("image " + name + " is lost: " + loaded.error().message);
          continue;
        }
        images.emplace(digest, std::move(loaded->image));
      }
      give(images[digest], name);
    }
  CLEAT_TRY(replace(std::move(images)));
  return problems;
}

const Image* ImageStore::findIn(const Images& images, const std::string& nameOrId) {
  std::string hex = digestHex(nameOrId);
  bool prefix =
      hex.empty() && nameOrId.size() >= 12 && nameOrId.find_first_not_of("0123456789abcdef") == std::string::npos;
  auto name = parseImageName(nameOrId);
  for (const auto& [digest, image] : images) {
    if (!hex.empty() && (image.id.substr(7) == hex || digest.substr(7) == hex)) return &image;
    if (!name) continue;
    if (!name->digest.empty() ? holds(image.digests, name->path() + "@" + name->digest)
                              : holds(image.names, name->full()))
      return &image;
  }
  if (prefix)
    for (const auto& [digest, image] : images)
      if (image.id.compare(7, nameOrId.size(), nameOrId) == 0) return &image;
  return nullptr;
}

Result<Image> ImageStore::find(const std::string& nameOrId) const {
  MutexLock lock(mutex_);
  if (const Image* image = findIn(images_, nameOrId)) return *image;
  return fail(Status::notFound("images", nameOrId));
}

std::vector<Image> ImageStore::list() const {
  MutexLock lock(mutex_);
  std::vector<Image> images;
  for (const auto& entry : images_) images.push_back(entry.second);
  return images;
}

Result<std::unique_ptr<ImageStore::Transfer>> ImageStore::beginTransfer() {
  static std::atomic<uint64_t> counter{0};
  // Not while `collect` decides what nobody needs.
  MutexLock changing(changing_);
  std::string folder = folder_ + "/tmp/transfer-" + std::to_string(++counter);
  CLEAT_TRY(makeFolders(folder, 0700));
  MutexLock lock(mutex_);
  ++transfers_;
  return std::unique_ptr<Transfer>(new Transfer(*this, folder));
}

ImageStore::Transfer::~Transfer() {
  // What cannot be removed now has no owner: `open` removes it at the next start.
  (void)removeTree(folder_);
  MutexLock lock(store_.mutex_);
  --store_.transfers_;
}

Result<Image> ImageStore::adopt(const std::string& layout, const std::vector<std::string>& names) {
  CLEAT_TRY(auto index, readJson(layout + "/index.json"));
  const json::value* manifests = index.is_object() ? index.get_object().if_contains("manifests") : nullptr;
  if (!manifests || !manifests->is_array() || manifests->get_array().size() != 1)
    return fail(Status::badRequest(layout + "/index.json does not hold one image"));
  std::string digest = textAt(manifests->get_array()[0].as_object(), "digest");
  if (!isDigest(digest)) return fail(Status::badRequest("the image's manifest is not named by a SHA-256 digest"));
  MutexLock changing(changing_);
  CLEAT_TRY(auto loaded, load(digest));
  for (const Layer& layer : loaded.layers)
    if (auto unpacked = unpack(layer); !unpacked) return fail(unpacked.error());
  Images images = imagesNow();
  if (!images.contains(digest)) images.emplace(digest, std::move(loaded.image));
  for (auto& entry : images)
    std::erase_if(entry.second.names, [&](const std::string& name) { return holds(names, name); });
  for (const std::string& name : names) give(images[digest], name);
  Image image = images[digest];
  CLEAT_TRY(replace(std::move(images)));
  return image;
}

Result<Image> ImageStore::addNames(const std::string& id, const std::vector<std::string>& names) {
  MutexLock changing(changing_);
  Images images = imagesNow();
  for (auto& entry : images)
    std::erase_if(entry.second.names, [&](const std::string& name) { return holds(names, name); });
  auto found = std::find_if(images.begin(), images.end(), [&](const auto& entry) { return entry.second.id == id; });
  if (found == images.end()) return fail(Status::notFound("images", id));
  for (const std::string& name : names) give(found->second, name);
  Image image = found->second;
  CLEAT_TRY(replace(std::move(images)));
  return image;
}

Result<Image> ImageStore::use(const std::string& nameOrId) {
  MutexLock lock(mutex_);
  const Image* image = findIn(images_, nameOrId);
  if (image == nullptr) return fail(Status::notFound("images", nameOrId));
  inUse_.insert(image->layers.begin(), image->layers.end());
  return *image;
}

void ImageStore::use(const std::vector<std::string>& layers) {
  MutexLock lock(mutex_);
  inUse_.insert(layers.begin(), layers.end());
}

void ImageStore::release(const std::vector<std::string>& layers) {
  MutexLock lock(mutex_);
  for (const std::string& layer : layers)
    if (auto found = inUse_.find(layer); found != inUse_.end()) inUse_.erase(found);
}

Result<void> ImageStore::remove(const std::string& nameOrId) {
  {
    MutexLock changing(changing_);
    Images images = imagesNow();
    const Image* image = findIn(imagesNow(), nameOrId);
    if (image == nullptr) return {};
    auto name = parseImageName(nameOrId);
    bool byName = digestHex(nameOrId).empty() && name && name->digest.empty() && holds(image->names, name->full());
    if (byName && image->names.size() > 1)
      std::erase(images[image->manifestDigest].names, name->full());
    else
      images.erase(image->manifestDigest);
    CLEAT_TRY(replace(std::move(images)));
  }
  collect();
  return {};
}

void ImageStore::collect() {
  MutexLock changing(changing_);
  std::set<std::string> layers, blobs;
  {
    MutexLock lock(mutex_);
    if (transfers_ > 0) return;
    // An image that is gone from the index cannot come into use any more.
    layers.insert(inUse_.begin(), inUse_.end());
  }
  for (const auto& [digest, image] : imagesNow()) {
    layers.insert(image.layers.begin(), image.layers.end());
    blobs.insert(digest.substr(7));
    blobs.insert(image.id.substr(7));
    if (auto loaded = load(digest))
      for (const Layer& layer : loaded->layers) blobs.insert(layer.blob.substr(7));
  }
  removeOthers(layersFolder(), layers);
  removeOthers(blobsFolder() + "/sha256", blobs);
}

}  // namespace cleat::runtime
