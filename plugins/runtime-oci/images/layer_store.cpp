#include "images/layer_store.h"

#include "images/layer_writer.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

namespace cleat::runtime {
namespace {

namespace json = boost::json;

constexpr size_t kRecordLimit = 4096;

Result<void> makePrivateFolder(const std::string& path) {
  CLEAT_TRY(makeFolders(path, 0700));
  struct stat facts;
  if (lstat(path.c_str(), &facts) != 0) return fail(systemError("cannot look at " + path, errno));
  if (!S_ISDIR(facts.st_mode) || facts.st_uid != geteuid())
    return fail(Status::forbidden(path + " is not a folder of ours: images are not kept where others may write"));
  if (chmod(path.c_str(), 0700) != 0) return fail(systemError("cannot make private " + path, errno));
  return {};
}

// What tells a folder from any other in its place, also after a restart of the machine.
struct FolderIdentity {
  uint64_t inode = 0, bornAtNs = 0;
  bool operator==(const FolderIdentity&) const = default;
};

std::optional<FolderIdentity> identityOf(const std::string& folder) {
  struct statx facts{};
  if (statx(AT_FDCWD, folder.c_str(), AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO | STATX_BTIME, &facts) != 0)
    return std::nullopt;
  if (!S_ISDIR(facts.stx_mode)) return std::nullopt;
  FolderIdentity identity{facts.stx_ino, 0};
  // Some filesystems do not know it.
  if ((facts.stx_mask & STATX_BTIME) != 0)
    identity.bornAtNs = uint64_t(facts.stx_btime.tv_sec) * 1'000'000'000 + facts.stx_btime.tv_nsec;
  return identity;
}

}  // namespace

void moveOthers(const std::string& folder, const std::set<std::string>& keep, const std::string& trash) {
  static std::atomic<uint64_t> counter{0};
  auto names = listFolder(folder);
  if (!names) return;
  for (const std::string& name : *names)
    if (!keep.contains(name)) (void)rename((folder + "/" + name).c_str(), concat(trash, "/", ++counter).c_str());
}

Result<void> LayerStore::open() {
  CLEAT_TRY(makePrivateFolder(layersFolder()));
  return makePrivateFolder(recordsFolder());
}

std::optional<uint64_t> LayerStore::unpackedBytes(const Layer& layer) const try {
  auto text = readFile(recordsFolder() + "/" + layer.folderName(), kRecordLimit);
  if (!text) return std::nullopt;
  const json::value record = json::parse(*text);
  auto identity = identityOf(layersFolder() + "/" + layer.folderName());
  FolderIdentity recorded{record.at("inode").to_number<uint64_t>(), record.at("bornAtNs").to_number<uint64_t>()};
  if (!identity || *identity != recorded || record.at("diffId").as_string() != layer.diffId) return std::nullopt;
  return record.at("unpackedBytes").to_number<uint64_t>();
} catch (const std::exception&) {
  return std::nullopt;  // as if there were none
}

Result<void> LayerStore::unpack(const std::vector<Layer>& layers, const std::string& scratch) {
  uint64_t left = limits_.bytes;
  for (const Layer& layer : layers) {
    auto bytes = unpackedWithin(layer, left, scratch);
    if (!bytes) {
      Status why = std::move(bytes.error());
      why.message = concat("layer ", layer.blob, ": ", why.message);
      return fail(std::move(why));
    }
    left -= *bytes;
  }
  return {};
}

// To how many bytes the layer has unpacked: at most `left`.
Result<uint64_t> LayerStore::unpackedWithin(const Layer& layer, uint64_t left, const std::string& scratch) {
  // A layer that two pulls want is unpacked by the first. If that fails, the second has a try: its blob may be another.
  auto turn = turns_.take(layer.diffId);
  if (auto bytes = unpackedBytes(layer)) {
    if (*bytes <= left) return *bytes;
    return fail(Status::tooLarge(
        concat("the image unpacks to more than ", limits_.bytes, " bytes, which is all that max_image_bytes allows")));
  }
  LayerLimits limits = limits_.layer;
  if (left < limits.bytes) {
    limits.bytes = left;
    limits.bytesSetting = "max_image_bytes";
  }
  return unpackOne(layer, limits, scratch);
}

Result<uint64_t> LayerStore::unpackOne(const Layer& layer, const LayerLimits& limits, const std::string& scratch) {
  std::string blob = folder_ + "/blobs/sha256/" + layer.blob.substr(7);
  struct stat facts;
  if (stat(blob.c_str(), &facts) != 0) return fail(systemError("cannot open " + blob, errno));
  if (uint64_t(facts.st_size) != layer.packedBytes)
    return fail(Status::badRequest(
        concat("it is damaged: it has ", facts.st_size, " bytes, and the manifest says ", layer.packedBytes)));
  std::string partial = scratch + "/" + layer.folderName();
  CLEAT_TRY(removeTree(partial));
  CLEAT_TRY(makeFolders(partial, 0755));
  CLEAT_TRY(auto unpacked, unpackLayer(blob, partial, limits));
  if (unpacked.packedDigest != layer.blob)
    return fail(Status::badRequest(concat("it is damaged: its digest is ", unpacked.packedDigest)));
  if (unpacked.digest != layer.diffId)
    return fail(Status::badRequest(
        concat("it is damaged: its content is ", unpacked.digest, ", and the configuration says ", layer.diffId)));
  auto identity = identityOf(partial);
  if (!identity) return fail(systemError("cannot look at " + partial, errno));
  json::object record{{"diffId", layer.diffId},
                      {"unpackedBytes", unpacked.unpackedBytes},
                      {"inode", identity->inode},
                      {"bornAtNs", identity->bornAtNs}};
  CLEAT_TRY(writeFile(recordsFolder() + "/" + layer.folderName(), json::serialize(record)));
  // All of it must be on disk before the name says that it is there.
  Fd folder(::open(partial.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || syncfs(folder.get()) != 0) return fail(systemError("cannot write out " + partial, errno));
  std::string target = layersFolder() + "/" + layer.folderName();
  CLEAT_TRY(removeTree(target));  // what is there now is not complete, or somebody else's
  if (rename(partial.c_str(), target.c_str()) != 0)
    return fail(systemError("cannot rename " + partial + " to " + target, errno));
  return unpacked.unpackedBytes;
}

void LayerStore::moveOthers(const std::set<std::string>& keep, const std::string& trash) {
  runtime::moveOthers(layersFolder(), keep, trash);
  runtime::moveOthers(recordsFolder(), keep, trash);
}

}  // namespace cleat::runtime
