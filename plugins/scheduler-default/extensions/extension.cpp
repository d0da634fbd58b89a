#include "extensions/extension.h"

#include <cleat/sdk/text.h>

namespace cleat::scheduling {
namespace {

constexpr Duration kFirstRest = std::chrono::seconds(1);
constexpr Duration kMostRest = std::chrono::seconds(30);

}  // namespace

Task<std::vector<Result<void>>> Extension::reserve(std::vector<ExtensionPlacement> placements) {
  co_return std::vector<Result<void>>(placements.size());
}
Task<void> Extension::unreserve(std::vector<ExtensionPlacement>) { co_return; }
Task<Result<void>> Extension::permit(ExtensionPlacement) { co_return Result<void>(); }
Task<Result<void>> Extension::preBind(ExtensionPlacement) { co_return Result<void>(); }
Task<void> Extension::postBind(ExtensionPlacement) { co_return; }
Task<Result<void>> Extension::bind(ExtensionPlacement) {
  co_return fail(Status::internal(concat("extension ", settings_.name, " binds nothing")));
}

Task<Result<std::vector<RoomOffer>>> Extension::preempt(Object<Pod>, std::vector<RoomOffer> offers) {
  co_return offers;
}

Result<void> Extension::mayBeAsked() const {
  if (restsUntil_ <= context_.now()) return {};
  return fail(Status::unavailable(concat("it is not asked for a while, because: ", lastFault_)));
}

void Extension::didNotAnswer(const Status& why) {
  pause_ = pause_ == Duration(0) ? kFirstRest : std::min(2 * pause_, kMostRest);
  restsUntil_ = context_.now() + pause_;
  lastFault_ = why.message;
  context_.log.warn("extension ", settings_.name, " is left alone for ",
                    std::chrono::duration_cast<std::chrono::seconds>(pause_).count(), " s: ", why.message);
}

}  // namespace cleat::scheduling
