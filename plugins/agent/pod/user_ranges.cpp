#include "pod/user_ranges.h"

#include <cleat/sdk/file.h>
#include <cleat/sdk/text.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

namespace cleat::agent {
namespace {

namespace json = boost::json;

constexpr const char* kFile = "/userns";
// The machine's own users have the first range, and the last has the number that means none.
constexpr uint32_t kMostRanges = UINT32_MAX / UserRanges::kLength - 1;

std::string recordOf(uint32_t first) {
  json::array mappings{json::object{{"hostId", first}, {"containerId", 0}, {"length", UserRanges::kLength}}};
  return json::serialize(json::object{{"uidMappings", mappings}, {"gidMappings", mappings}});
}

Result<uint32_t> firstIn(const std::string& record) try {
  return json::parse(record).at("uidMappings").at(0).at("hostId").to_number<uint32_t>();
} catch (const std::exception& error) {
  return fail(Status::internal(concat("a damaged record of a pod's user ids: ", error.what())));
}

}  // namespace

Task<Result<void>> UserRanges::load(std::string podsFolder) {
  auto read = [podsFolder]() -> Result<std::map<std::string, uint32_t>> {
    std::map<std::string, uint32_t> found;
    CLEAT_TRY(auto uids, listFolder(podsFolder));
    for (const auto& uid : uids) {
      auto record = readFile(concat(podsFolder, "/", uid, kFile));
      if (!record) continue;
      CLEAT_TRY(uint32_t first, firstIn(*record));
      found[uid] = first;
    }
    return found;
  };
  CLEAT_CO_TRY(auto found, co_await context_.blocking(read));
  first_ = std::move(found);
  co_return Result<void>();
}

Task<Result<uint32_t>> UserRanges::take(std::string uid, std::string podFolder) {
  auto known = first_.find(uid);
  if (known == first_.end()) {
    std::set<uint32_t> taken;
    for (const auto& [pod, first] : first_) taken.insert(first);
    uint32_t free = kLength;
    while (taken.contains(free)) free += kLength;
    if (free / kLength > kMostRanges) co_return fail(Status::unavailable("no range of user ids is left on this node"));
    known = first_.emplace(uid, free).first;
  }
  uint32_t first = known->second;
  auto write = [podFolder, first]() -> Result<void> {
    CLEAT_TRY(makeFolders(podFolder, 0750));
    return writeFile(podFolder + kFile, recordOf(first));
  };
  CLEAT_CO_TRY(co_await context_.blocking(write));
  co_return first;
}

}  // namespace cleat::agent
