#include "volumes/attachments.h"

#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/meta.h>

#include "volume-common/attachment_names.h"

using namespace std::chrono_literals;

namespace cleat::agent {
namespace {

constexpr Duration kLookForAttachment = 100ms;
constexpr Duration kLongestWait = 2min + 3s;
constexpr int kStatusTries = 10;  // against others who write the node's status

}  // namespace

Task<void> Attachments::takeOver(std::map<std::string, std::set<std::string>> pods) {
  pods_.merge(pods);
  takenOver_ = true;
  const Object<core_v1::Node> node = self_.known();
  if (pods_.empty() && node && node->getStatus().getVolumesInUse().size() == 0) co_return;
  Result<void> written = co_await write();
  if (!written) context_.log.warn("cannot say which volumes this node uses: ", written.error());
}

bool Attachments::isListed(const std::string& unique) const {
  const Object<core_v1::Node> node = self_.known();
  if (!node) return false;
  for (auto volume : node->getStatus().getVolumesAttached()) {
    if (view(volume.getName()) == unique) return true;
  }
  return false;
}

Task<Result<Attachments::Metadata>> Attachments::metadataOf(std::string name) {
  auto found = co_await client_.get<storage_v1::VolumeAttachment>("", name);
  if (!found) co_return fail(found.error());
  auto status = (*found)->getStatus();
  if (deletionPending(found->meta()) || !status.getAttached()) {
    co_return fail(Status::unavailable("volume is not attached"));
  }
  Metadata metadata;
  for (auto entry : status.getAttachmentMetadata()) metadata[str(entry.getKey())] = str(entry.getValue());
  co_return metadata;
}

Task<Result<Attachments::Metadata>> Attachments::wait(std::string driver, std::string handle, std::string podUid,
                                                      std::function<bool()> isUseless) {
  const std::string unique = volumes::uniqueVolumeName(driver, handle);
  auto holding = hold(unique, podUid);
  CLEAT_CO_TRY(co_await std::move(holding));
  const Instant until = context_.now() + kLongestWait;
  while (context_.now() < until && !isUseless()) {
    if (isListed(unique)) {
      auto asking = metadataOf(volumes::attachmentName(driver, handle, context_.config().nodeName()));
      Result<Metadata> metadata = co_await std::move(asking);
      if (metadata) co_return metadata;
    }
    co_await context_.sleep(kLookForAttachment);
  }
  co_return fail(Status::unavailable("timed out waiting for the condition"));
}

Task<Result<void>> Attachments::hold(std::string unique, std::string podUid) {
  auto& users = pods_[unique];
  const bool isNew = users.empty();
  users.insert(podUid);
  if (!isNew) co_return Result<void>();
  auto writing = write();
  Result<void> written = co_await std::move(writing);
  // Until it is said, it is not so.
  if (!written) {
    pods_[unique].erase(podUid);
    if (pods_[unique].empty()) pods_.erase(unique);
  }
  co_return written;
}

Task<Result<void>> Attachments::release(std::string unique, std::string podUid) {
  auto found = pods_.find(unique);
  if (found == pods_.end()) co_return Result<void>();
  found->second.erase(podUid);
  if (!found->second.empty()) co_return Result<void>();
  pods_.erase(found);
  auto writing = write();
  co_return co_await std::move(writing);
}

Task<Result<void>> Attachments::write() {
  auto turn = co_await writing_.lock("");
  Status last;
  for (int attempt = 0; attempt < kStatusTries; ++attempt) {
    auto node = co_await self_.ask();
    if (!node) co_return fail(node.error());
    std::set<std::string> names;
    for (const auto& [unique, users] : pods_) names.insert(unique);
    std::vector<std::string> before;
    for (auto name : (*node)->getStatus().getVolumesInUse()) before.push_back(str(name));
    if (!takenOver_) names.insert(before.begin(), before.end());
    const std::vector<std::string> now(names.begin(), names.end());
    if (before == now) co_return Result<void>();
    Draft<core_v1::Node> draft(*node);
    auto list = draft->getStatus().initVolumesInUse(static_cast<uint32_t>(now.size()));
    for (uint32_t i = 0; i < list.size(); ++i) list.set(i, now[i]);
    auto updated = co_await client_.updateStatus(std::move(draft));
    if (updated) co_return Result<void>();
    last = updated.error();
    if (!last.is(409)) break;
  }
  co_return fail(std::move(last));
}

}  // namespace cleat::agent
