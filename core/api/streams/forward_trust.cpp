#include "core/api/streams/forward_trust.h"

#include <chrono>
#include <fstream>
#include <iterator>

namespace cleat::api {
namespace {

constexpr std::chrono::nanoseconds kKept = std::chrono::minutes(1);
constexpr size_t kMostKept = 256;

Result<std::string> textOf(const std::string& file) {
  if (file.empty()) return std::string();
  std::ifstream in(file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in || text.empty()) return fail(Status::internal("cannot read " + file));
  return text;
}

}  // namespace

Result<std::shared_ptr<http::TlsContext>> ForwardTrust::contextFor(const TrustWanted& wanted) {
  MutexLock lock(mutex_);
  const int64_t now = executor_.now();
  if (auto known = kept_.find(wanted); known != kept_.end() && now < known->second.until) return known->second.context;
  CLEAT_TRY(const std::string certificate, textOf(wanted.certificateFile));
  CLEAT_TRY(const std::string key, textOf(wanted.keyFile));
  auto made = wanted.skipVerify ? http::TlsContext::client(certificate, key, {})
                                : http::TlsContext::clientOf(certificate, key, wanted.caBundle);
  if (!made) return fail(made.error());
  std::erase_if(kept_, [now](const auto& each) { return each.second.until <= now; });
  if (kept_.size() >= kMostKept) kept_.clear();
  kept_[wanted] = {*made, now + kKept.count()};
  return *made;
}

}  // namespace cleat::api
