#include "images/pull_records.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/time.h>

#include <boost/json.hpp>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cleat::agent {
namespace {

namespace json = boost::json;

constexpr const char* kApiVersion = "kubelet.config.k8s.io/v1beta1";
constexpr size_t kRecordLimit = 1u << 20;
// As many secrets are remembered for one repository of an image; beyond them the registry is asked.
constexpr size_t kMostSecrets = 100;
constexpr Duration kLongestPull = std::chrono::hours(2);

// The name of the file about `what`, which may hold anything.
std::string fileNameOf(const std::string& what) {
  static constexpr char kDigits[] = "0123456789abcdef";
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(what.data(), what.size(), hash, &size, EVP_sha256(), nullptr);
  std::string name = "sha256-";
  for (unsigned i = 0; i < size; ++i) {
    name += kDigits[hash[i] >> 4];
    name += kDigits[hash[i] & 15];
  }
  return name;
}

// On disk when it returns.
Result<void> writeDurably(const std::string& folder, const std::string& name, const std::string& content) {
  std::string path = concat(folder, "/", name);
  CLEAT_TRY(writeFile(path, content));
  for (const std::string& each : {path, folder}) {
    Fd fd(::open(each.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd || fsync(fd.get()) != 0) return fail(systemError(concat("cannot write out ", each), errno));
  }
  return {};
}

std::string textAt(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

struct PullRecords::Loaded {
  std::map<std::string, Record> records;
  std::set<std::string> unreadable, abandoned;
};

PullRecords::Loaded PullRecords::load(const std::string& folder) {
  Loaded loaded;
  for (const std::string& file : listFolder(folder + "/pulled").value_or(std::vector<std::string>())) {
    if (file.find(".new-") != std::string::npos) continue;  // half written
    try {
      const json::value value = json::parse(readFile(concat(folder, "/pulled/", file), kRecordLimit).value());
      std::string imageId = textAt(value.as_object(), "imageRef");
      if (fileNameOf(imageId) != file) throw std::invalid_argument("it is about another image");
      Record record;
      const json::value* mapping = value.get_object().if_contains("credentialMapping");
      if (mapping != nullptr && mapping->is_object()) {
        for (const auto& [path, credentials] : mapping->get_object()) {
          Access& access = record.access[std::string(path)];
          const json::object& object = credentials.as_object();
          const json::value* everybody = object.if_contains("nodePodsAccessible");
          access.everybody = everybody != nullptr && everybody->as_bool();
          const json::value* secrets = object.if_contains("kubernetesSecrets");
          if (secrets == nullptr) continue;
          for (const json::value& each : secrets->as_array()) {
            const json::object& secret = each.as_object();
            access.secrets.push_back({textAt(secret, "namespace"), textAt(secret, "name"), textAt(secret, "uid"),
                                      textAt(secret, "credentialHash")});
          }
        }
      }
      loaded.records[imageId] = std::move(record);
    } catch (const std::exception&) {
      loaded.unreadable.insert(file);
    }
  }
  for (const std::string& file : listFolder(folder + "/pulling").value_or(std::vector<std::string>())) {
    auto content = readFile(concat(folder, "/pulling/", file), kRecordLimit);
    json::error_code error;
    json::value value = content ? json::parse(*content, error) : json::value();
    std::string image = value.is_object() ? textAt(value.get_object(), "image") : std::string();
    if (fileNameOf(image) == file) loaded.abandoned.insert(image);
  }
  return loaded;
}

Task<Result<void>> PullRecords::open(std::string folder) {
  folder_ = std::move(folder);
  auto read = [folder = folder_]() -> Result<Loaded> {
    CLEAT_TRY(makeFolders(folder + "/pulled", 0700));
    CLEAT_TRY(makeFolders(folder + "/pulling", 0700));
    return load(folder);
  };
  CLEAT_CO_TRY(Loaded loaded, co_await context_.blocking(read));
  records_ = std::move(loaded.records);
  unreadable_ = std::move(loaded.unreadable);
  for (const std::string& image : loaded.abandoned) abandoned_[image] = context_.now();
  for (const std::string& file : unreadable_)
    context_.log.warn("cannot read the record ", file, " of a pulled image: pods have to show a credential for it");
  co_return Result<void>();
}

Task<Result<void>> PullRecords::beginPull(std::string image) {
  ++pulling_[image];
  auto turn = co_await turns_.lock("pulling/" + image);
  json::object intent{{"kind", "ImagePullIntent"}, {"apiVersion", kApiVersion}, {"image", image}};
  auto write = [folder = folder_ + "/pulling", name = fileNameOf(image), content = json::serialize(intent)] {
    return writeDurably(folder, name, content);
  };
  Result<void> written = co_await context_.blocking(write);
  if (!written && --pulling_[image] == 0) pulling_.erase(image);
  co_return written;
}

Task<void> PullRecords::pullFailed(std::string image) {
  if (abandoned_.contains(image)) {
    // This one has failed; that one may not have.
    pullAbandoned(image);
    co_return;
  }
  co_await endPull(std::move(image));
}

void PullRecords::pullAbandoned(const std::string& image) {
  if (--pulling_[image] <= 0) pulling_.erase(image);
  abandoned_.emplace(image, context_.now());
}

Task<void> PullRecords::endPull(std::string image) {
  auto turn = co_await turns_.lock("pulling/" + image);
  auto found = pulling_.find(image);
  if (found != pulling_.end() && --found->second > 0) co_return;
  if (found != pulling_.end()) pulling_.erase(found);
  abandoned_.erase(image);
  auto remove = [path = concat(folder_, "/pulling/", fileNameOf(image))] { return removeTree(path); };
  Result<void> removed = co_await context_.blocking(remove);
  if (!removed) context_.log.warn("cannot forget the pull of ", image, ": ", removed.error());
}

Task<void> PullRecords::pulled(std::string image, ImageName name, std::string imageId,
                               std::optional<PullSecret> secret) {
  bool isNew = !records_.contains(imageId);
  Record& record = records_[imageId];
  record.writtenAt = context_.now();
  Access& access = record.access[name.path()];
  Access before = access;
  if (!secret) {
    access = {.everybody = true, .secrets = {}};
  } else if (!access.everybody) {
    auto same = std::find_if(access.secrets.begin(), access.secrets.end(),
                             [&](const PullSecret& each) { return each.isOf(*secret); });
    if (same != access.secrets.end()) {
      *same = std::move(*secret);
    } else if (access.secrets.size() < kMostSecrets) {
      access.secrets.push_back(std::move(*secret));
    }
  }
  unreadable_.erase(fileNameOf(imageId));
  if (isNew || access != before) co_await keep(std::move(imageId));
  co_await endPull(std::move(image));
}

std::string PullRecords::text(const std::string& imageId, const Record& record) const {
  json::object mapping;
  for (const auto& [path, access] : record.access) {
    json::object credentials;
    if (access.everybody) credentials["nodePodsAccessible"] = true;
    json::array secrets;
    for (const PullSecret& secret : access.secrets)
      secrets.push_back(json::object{{"uid", secret.uid},
                                     {"namespace", secret.ns},
                                     {"name", secret.name},
                                     {"credentialHash", secret.credentialHash}});
    if (!secrets.empty()) credentials["kubernetesSecrets"] = std::move(secrets);
    mapping[path] = std::move(credentials);
  }
  return json::serialize(json::object{{"kind", "ImagePulledRecord"},
                                      {"apiVersion", kApiVersion},
                                      {"lastUpdatedTime", formatTime(context_.wallNow())},
                                      {"imageRef", imageId},
                                      {"credentialMapping", std::move(mapping)}});
}

// Brings the file about the image to what is known of it.
Task<void> PullRecords::keep(std::string imageId) {
  auto turn = co_await turns_.lock("pulled/" + imageId);
  auto record = records_.find(imageId);
  std::string content = record == records_.end() ? std::string() : text(imageId, record->second);
  auto write = [folder = folder_ + "/pulled", name = fileNameOf(imageId), content]() -> Result<void> {
    if (content.empty()) return removeTree(concat(folder, "/", name));
    return writeDurably(folder, name, content);
  };
  Result<void> written = co_await context_.blocking(write);
  if (!written) context_.log.error("cannot keep who may use the image ", imageId, ": ", written.error());
}

bool PullRecords::wasPulled(const std::string& imageId, const std::set<std::string>& names) const {
  if (records_.contains(imageId) || unreadable_.contains(fileNameOf(imageId))) return true;
  auto isOfIt = [&](const auto& pull) {
    auto name = parseImageName(pull.first);
    return !name || names.contains(name->listed());
  };
  return std::any_of(pulling_.begin(), pulling_.end(), isOfIt) ||
         std::any_of(abandoned_.begin(), abandoned_.end(), isOfIt);
}

bool PullRecords::mayUse(const ImageName& name, const std::string& imageId,
                         const std::vector<PullSecret>& secrets) const {
  auto record = records_.find(imageId);
  if (record == records_.end()) return false;
  auto access = record->second.access.find(name.path());
  if (access == record->second.access.end()) return false;
  if (access->second.everybody) return true;
  for (const PullSecret& one : secrets) {
    for (const PullSecret& known : access->second.secrets) {
      if (one.isOf(known) || (!one.credentialHash.empty() && one.credentialHash == known.credentialHash)) return true;
    }
  }
  return false;
}

std::vector<std::string> PullRecords::abandoned() const {
  std::vector<std::string> images;
  for (const auto& [image, since] : abandoned_) images.push_back(image);
  return images;
}

Task<void> PullRecords::settle(std::string image, std::string imageId) {
  auto found = abandoned_.find(image);
  if (found == abandoned_.end()) co_return;
  if (imageId.empty() && context_.now() - found->second < kLongestPull) co_return;
  if (!imageId.empty() && !records_.contains(imageId)) {
    records_[imageId].writtenAt = context_.now();  // nobody's
    co_await keep(imageId);
  }
  co_await endPull(std::move(image));
}

Task<void> PullRecords::keepOnly(std::set<std::string> imageIds, Instant asOf) {
  std::vector<std::string> gone;
  for (const auto& [imageId, record] : records_)
    if (!imageIds.contains(imageId) && record.writtenAt < asOf) gone.push_back(imageId);
  for (const std::string& imageId : gone) {
    records_.erase(imageId);
    co_await keep(imageId);
  }
}

}  // namespace cleat::agent
