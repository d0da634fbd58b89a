#include "status_codec.h"

#include <cleat/schema/bus.capnp.h>
#include <cleat/sdk/call.h>

namespace cleat::detail {
namespace {

Status defaultStatus(int32_t outcome) {
  Status status;
  switch (outcome) {
    case CLEAT_RETRY:
      return Status::unavailable("try again later");
    case CLEAT_NOT_MINE:
      status.code = 501;
      status.reason = kNotMineReason;
      status.message = "no plugin takes this call";
      return status;
    case CLEAT_DENIED:
      return Status::forbidden("denied");
    default:
      return Status::internal("the call failed");
  }
}

}  // namespace

Status decodeStatus(int32_t outcome, cleat_words words) {
  Status status = defaultStatus(outcome);
  if (words.count == 0) return status;
  auto message = readWords<wire::Status>(words);
  if (message.getCode() != 0) {
    status.code = message.getCode();
    status.reason = str(message.getReason());
  }
  if (message.getMessage().size() != 0) status.message = str(message.getMessage());
  auto details = message.getDetails();
  status.details.name = str(details.getName());
  status.details.group = str(details.getGroup());
  status.details.kind = str(details.getKind());
  status.details.uid = str(details.getUid());
  status.details.retryAfterSeconds = details.getRetryAfterSeconds();
  for (auto cause : details.getCauses()) {
    status.details.causes.push_back({str(cause.getReason()), str(cause.getMessage()), str(cause.getField())});
  }
  return status;
}

AnyDraft encodeStatus(const Status& status) {
  AnyDraft draft(64 + status.message.size() / 8);
  auto message = draft.message().initRoot<wire::Status>();
  message.setCode(status.code);
  message.setReason(status.reason);
  message.setMessage(status.message);
  auto details = message.initDetails();
  details.setName(status.details.name);
  details.setGroup(status.details.group);
  details.setKind(status.details.kind);
  details.setUid(status.details.uid);
  details.setRetryAfterSeconds(status.details.retryAfterSeconds);
  auto causes = details.initCauses(status.details.causes.size());
  for (uint32_t i = 0; i < causes.size(); ++i) {
    causes[i].setReason(status.details.causes[i].reason);
    causes[i].setMessage(status.details.causes[i].message);
    causes[i].setField(status.details.causes[i].field);
  }
  return draft;
}

}  // namespace cleat::detail
