#include <cleat/sdk/call.h>
#include <cleat/sdk/streams.h>

namespace cleat {

AnyAnswer::AnyAnswer(cleat_words message, std::vector<AnyRef> objects)
    : message_(message.data, message.data + message.count), objects_(std::move(objects)) {}

AnyCall::~AnyCall() {
  if (stream_) stream_->end();
}

void AnyCall::onCancel(std::function<void()> gone) {
  if (cancelled_) {
    gone();
  } else {
    gone_ = std::move(gone);
  }
}

std::unexpected<Status> AnyCall::notMine() {
  outcome_ = CLEAT_NOT_MINE;
  Status status;
  status.code = 501;
  status.reason = kNotMineReason;
  status.message = "not mine";
  return fail(std::move(status));
}

std::unexpected<Status> AnyCall::denied(Status why) {
  outcome_ = CLEAT_DENIED;
  return fail(std::move(why));
}

std::unexpected<Status> AnyCall::retry(Status why) {
  outcome_ = CLEAT_RETRY;
  return fail(std::move(why));
}

AnyDraft& AnyCall::resultMessage() {
  if (!results_) results_.emplace();
  return *results_;
}

}  // namespace cleat
