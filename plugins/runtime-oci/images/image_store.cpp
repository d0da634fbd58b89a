#include "images/image_store.h"

#include "images/archive_reader.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr const char* kRoom = "/room";
constexpr off_t kRoomBytes = 1 << 20;
constexpr const char* kRefName = "org.opencontainers.image.ref.name";

Result<json::value> parsedFile(const std::string& text, const std::string& path) {
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error) return fail(Status::badRequest(path + ": " + error.message()));
  return value;
}

Result<json::value> readJson(const std::string& path) {
  CLEAT_TRY(auto text, readFile(path, kManifestLimit));
  return parsedFile(text, path);
}

// Of a blob, which is what its name says or nothing.
Result<json::value> readBlob(const std::string& path, const std::string& digest) {
  CLEAT_TRY(auto text, readFile(path, kManifestLimit));
  if (std::string found = digestOf(text); found != digest)
    return fail(Status::badRequest(concat("the blob ", digest, " of the image is damaged: its digest is ", found)));
  return parsedFile(text, path);
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
  CLEAT_TRY(auto manifest, readBlob(blobPath(manifestDigest), manifestDigest));
  const json::object& root = manifest.as_object();
  Loaded loaded;
  loaded.image.manifestDigest = manifestDigest;
  loaded.image.id = textAt(root.at("config").as_object(), "digest");
  if (!isDigest(loaded.image.id)) return fail(Status::badRequest("the image's manifest names no configuration"));
  CLEAT_TRY(auto config, readBlob(blobPath(loaded.image.id), loaded.image.id));
  loaded.image.config = configOf(config.as_object());
  std::vector<std::string> diffIds = textsAt(config.as_object().at("rootfs").as_object(), "diff_ids");
  const json::array& layers = root.at("layers").as_array();
  if (layers.empty() || layers.size() != diffIds.size())
    return fail(Status::badRequest("the image's manifest and configuration disagree on its layers"));
  if (layers.size() > kMostLayers)
    return fail(Status::badRequest(
        concat("the image has ", layers.size(), " layers; at most ", kMostLayers, " can be stacked")));
  loaded.image.blobs = {manifestDigest.substr(7), loaded.image.id.substr(7)};
  for (size_t i = 0; i < layers.size(); ++i) {
    const json::object& described = layers[i].as_object();
    Layer layer{diffIds[i], textAt(described, "digest"), described.at("size").to_number<uint64_t>()};
    if (!isDigest(layer.diffId) || !isDigest(layer.blob))
      return fail(Status::badRequest("the image's layers are not named by SHA-256 digests"));
    loaded.image.sizeBytes += layer.packedBytes;
    loaded.image.layers.push_back(layer.folderName());
    loaded.image.blobs.push_back(layer.blob.substr(7));
    loaded.layers.push_back(std::move(layer));
  }
  return loaded;
} catch (const std::exception& error) {
  return fail(Status::badRequest(std::string("the image's manifest or configuration is malformed: ") + error.what()));
}

// An empty folder below tmp/, which `open` empties.
Result<std::string> ImageStore::newFolder(const char* purpose) const {
  std::string folder = concat(folder_, "/tmp/", purpose, "-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) return fail(systemError("cannot make the folder " + folder, errno));
  return folder;
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
  const std::string text = json::serialize(index);
  Result<void> written = writeFile(folder_ + "/index.json", text);
  // A disk that is full must still let go of an image.
  if (!written && unlink((folder_ + kRoom).c_str()) == 0) written = writeFile(folder_ + "/index.json", text);
  return written;
}

// For an index, and the folder of what is removed, on a disk that is full by then.
void ImageStore::keepRoom() const {
  const std::string path = folder_ + kRoom;
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return;  // it is there, or there is none to be had
  if (posix_fallocate(file, 0, kRoomBytes) != 0) unlink(path.c_str());
  close(file);
}

Result<void> ImageStore::replace(Images images) {
  std::erase_if(images, [](const auto& entry) { return entry.second.names.empty() && entry.second.digests.empty(); });
  CLEAT_TRY(writeIndex(images));
  MutexLock lock(mutex_);
  images_ = std::move(images);
  return {};
}

Result<std::vector<std::string>> ImageStore::open() {
  (void)removeTree(folder_ + "/tmp");  // What cannot be removed now is met again the next time.
  for (const char* name : {"/blobs/sha256", "/tmp"})
    if (auto made = makeFolders(folder_ + name, 0700); !made) return fail(made.error());
  if (auto opened = layerStore_.open(); !opened) return fail(opened.error());
  CLEAT_TRY(auto transfer, beginTransfer());
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
        if (loaded)
          if (auto unpacked = layerStore_.unpack(loaded->layers, transfer->folder()); !unpacked)
            loaded = fail(unpacked.error());
        if (!loaded) {
          problems.push_back("image " + name + " is lost: " + loaded.error().message);
          continue;
        }
        images.emplace(digest, std::move(loaded->image));
      }
      give(images[digest], name);
    }
  MutexLock changing(changing_);
  CLEAT_TRY(replace(std::move(images)));
  keepRoom();
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
  // Not while `collect` decides what nobody needs.
  MutexLock changing(changing_);
  CLEAT_TRY(auto folder, newFolder("transfer"));
  MutexLock lock(mutex_);
  ++transfers_;
  return std::unique_ptr<Transfer>(new Transfer(*this, folder));
}

ImageStore::Transfer::~Transfer() {
  // What cannot be removed now has no owner: `open` removes it at the next start.
  (void)removeTree(folder_);
  bool collectNow = false;
  {
    MutexLock lock(store_.mutex_);
    --store_.transfers_;
    collectNow = store_.transfers_ == 0 && store_.collectDue_;
  }
  if (collectNow) store_.collect();
}

Result<Image> ImageStore::adopt(const std::string& layout, const std::vector<std::string>& names) {
  CLEAT_TRY(auto index, readJson(layout + "/index.json"));
  const json::value* manifests = index.is_object() ? index.get_object().if_contains("manifests") : nullptr;
  if (!manifests || !manifests->is_array() || manifests->get_array().size() != 1)
    return fail(Status::badRequest(layout + "/index.json does not hold one image"));
  std::string digest = textAt(manifests->get_array()[0].as_object(), "digest");
  if (!isDigest(digest)) return fail(Status::badRequest("the image's manifest is not named by a SHA-256 digest"));
  // Until the image is in the index, nothing else keeps what it consists of.
  CLEAT_TRY(auto transfer, beginTransfer());
  CLEAT_TRY(auto loaded, load(digest));
  CLEAT_TRY(layerStore_.unpack(loaded.layers, transfer->folder()));
  MutexLock changing(changing_);
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
  std::string trash;
  {
    MutexLock changing(changing_);
    std::set<std::string> layers, blobs;
    {
      MutexLock lock(mutex_);
      collectDue_ = transfers_ > 0;
      if (collectDue_) return;
      // An image that is gone from the index cannot come into use any more.
      layers.insert(inUse_.begin(), inUse_.end());
    }
    for (const auto& [digest, image] : imagesNow()) {
      layers.insert(image.layers.begin(), image.layers.end());
      blobs.insert(image.blobs.begin(), image.blobs.end());
    }
    auto made = newFolder("removed");
    if (!made) return;  // the next time
    trash = std::move(*made);
    layerStore_.moveOthers(layers, trash);
    moveOthers(blobsFolder() + "/sha256", blobs, trash);
  }
  // Takes long, and nobody has to wait for it. What cannot be removed now, `open` removes.
  (void)removeTree(trash);
  keepRoom();
}

}  // namespace cleat::runtime
