#include "devices/prepared_claims.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>
#include <unistd.h>

#include <cerrno>

#include <boost/json.hpp>

namespace cleat::agent {
namespace {

namespace json = boost::json;

constexpr std::string_view kEnding = ".json";

template <class Texts>
json::array listOf(const Texts& texts) {
  json::array list;
  for (const std::string& text : texts) list.push_back(json::value(text));
  return list;
}

std::vector<std::string> textsIn(const json::object& from, const char* name) {
  std::vector<std::string> texts;
  const json::value* list = from.if_contains(name);
  if (list == nullptr || !list->is_array()) return texts;
  for (const json::value& each : list->get_array()) {
    if (each.is_string()) texts.emplace_back(each.get_string());
  }
  return texts;
}

std::string textIn(const json::object& from, const char* name) {
  const json::value* text = from.if_contains(name);
  return text != nullptr && text->is_string() ? std::string(text->get_string()) : std::string();
}

std::vector<PreparedDevice> devicesIn(const json::value& list) {
  std::vector<PreparedDevice> devices;
  if (!list.is_array()) return devices;
  for (const json::value& each : list.get_array()) {
    if (!each.is_object()) continue;
    const json::object& from = each.get_object();
    devices.push_back({textsIn(from, "requests"), textsIn(from, "cdi"), textIn(from, "pool"), textIn(from, "device")});
  }
  return devices;
}

}  // namespace

std::string jsonOf(const PreparedClaim& claim) {
  json::object drivers;
  for (const auto& [name, devices] : claim.drivers) {
    json::array list;
    for (const PreparedDevice& device : devices) {
      list.push_back(json::object{{"requests", listOf(device.requests)},
                                  {"cdi", listOf(device.cdiDevices)},
                                  {"pool", device.pool},
                                  {"device", device.device}});
    }
    drivers[name] = std::move(list);
  }
  return json::serialize(json::object{{"namespace", claim.ns},
                                      {"name", claim.name},
                                      {"uid", claim.uid},
                                      {"pods", listOf(claim.pods)},
                                      {"drivers", std::move(drivers)},
                                      {"ready", claim.isReady}});
}

Result<PreparedClaim> parsePreparedClaim(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return fail(Status::badRequest("it is not a JSON object"));
  const json::object& from = value.get_object();
  PreparedClaim claim{.ns = textIn(from, "namespace"), .name = textIn(from, "name"), .uid = textIn(from, "uid")};
  if (claim.uid.empty()) return fail(Status::badRequest("it has no uid"));
  for (std::string& pod : textsIn(from, "pods")) claim.pods.insert(std::move(pod));
  if (const json::value* drivers = from.if_contains("drivers"); drivers != nullptr && drivers->is_object()) {
    for (const auto& driver : drivers->get_object()) claim.drivers[driver.key()] = devicesIn(driver.value());
  }
  const json::value* ready = from.if_contains("ready");
  claim.isReady = ready != nullptr && ready->is_bool() && ready->get_bool();
  return claim;
}

Task<Result<void>> PreparedClaims::open(std::string folder) {
  folder_ = std::move(folder);
  using Files = std::vector<std::pair<std::string, std::string>>;
  auto read = [folder = folder_]() -> Result<Files> {
    CLEAT_TRY(makeFolders(folder, 0700));
    CLEAT_TRY(const std::vector<std::string> names, listFolder(folder));
    Files files;
    for (const std::string& name : names) {
      if (!name.ends_with(kEnding)) continue;
      CLEAT_TRY(std::string text, readFile(concat(folder, "/", name)));
      files.emplace_back(name, std::move(text));
    }
    return files;
  };
  CLEAT_CO_TRY(const Files files, co_await context_.blocking(read));
  claims_.clear();
  for (const auto& [name, text] : files) {
    auto claim = parsePreparedClaim(text);
    if (claim && concat(claim->uid, kEnding) == name) {
      claims_[claim->uid] = std::move(*claim);
    } else {
      context_.log.error("cannot read which devices are prepared in ", folder_, "/", name, ": ",
                         claim ? "it is of another claim" : claim.error().message);
    }
  }
  co_return Result<void>();
}

const PreparedClaim* PreparedClaims::find(std::string_view uid) const {
  const auto found = claims_.find(uid);
  return found == claims_.end() ? nullptr : &found->second;
}

std::vector<std::string> PreparedClaims::usedBy(const std::string& podUid) const {
  std::vector<std::string> used;
  for (const auto& [uid, claim] : claims_) {
    if (claim.pods.contains(podUid)) used.push_back(uid);
  }
  return used;
}

std::set<std::string> PreparedClaims::pods() const {
  std::set<std::string> all;
  for (const auto& [uid, claim] : claims_) all.insert(claim.pods.begin(), claim.pods.end());
  return all;
}

Task<Result<void>> PreparedClaims::put(PreparedClaim claim) {
  if (const PreparedClaim* before = find(claim.uid); before != nullptr && *before == claim) co_return Result<void>();
  auto write = [file = fileOf(claim.uid), text = jsonOf(claim)] { return writeFile(file, text); };
  CLEAT_CO_TRY(co_await context_.blocking(write));
  std::string uid = claim.uid;
  claims_.insert_or_assign(std::move(uid), std::move(claim));
  co_return Result<void>();
}

Task<Result<void>> PreparedClaims::forget(std::string uid) {
  auto remove = [file = fileOf(uid)]() -> Result<void> {
    if (unlink(file.c_str()) == 0 || errno == ENOENT) return {};
    return fail(systemError("cannot remove " + file, errno));
  };
  CLEAT_CO_TRY(co_await context_.blocking(remove));
  claims_.erase(uid);
  co_return Result<void>();
}

}  // namespace cleat::agent
