#include "status_codec.h"

#include <cleat/sdk/call.h>
#include <cleat/sdk/status_message.h>
#include <cleat/sdk/whole_text.h>

#include <utility>

namespace cleat::detail {
namespace {

Status defaultStatus(int32_t outcome) {
  Status status;
  switch (outcome) {
    case CLEAT_RETRY: return Status::unavailable("try again later");
    case CLEAT_NOT_MINE:
      status.code = 501;
      status.reason = kNotMineReason;
      status.message = "no plugin takes this call";
      return status;
    case CLEAT_DENIED: return Status::forbidden("denied");
    default: return Status::internal("the call failed");
  }
}

}  // namespace

Status decodeStatus(int32_t outcome, cleat_words words) {
  Status status = defaultStatus(outcome);
  if (words.count == 0) return status;
  Status said = readStatus(readWords<wire::Status>(words));
  if (said.code != 0) {
    status.code = said.code;
    status.reason = std::move(said.reason);
  }
  if (!said.message.empty()) status.message = std::move(said.message);
  status.details = std::move(said.details);
  return status;
}

AnyDraft encodeStatus(const Status& status) {
  AnyDraft draft(64 + status.message.size() / 8);
  writeStatus(status, draft.message().initRoot<wire::Status>());
  return draft;
}

}  // namespace cleat::detail

namespace cleat {

void writeStatus(const Status& status, wire::Status::Builder out) {
  out.setCode(status.code);
  out.setReason(wholeText(status.reason));
  out.setMessage(wholeText(status.message));
  auto details = out.initDetails();
  details.setName(wholeText(status.details.name));
  details.setGroup(wholeText(status.details.group));
  details.setKind(wholeText(status.details.kind));
  details.setUid(wholeText(status.details.uid));
  details.setRetryAfterSeconds(status.details.retryAfterSeconds);
  auto causes = details.initCauses(static_cast<uint32_t>(status.details.causes.size()));
  for (uint32_t i = 0; i < causes.size(); ++i) {
    causes[i].setReason(wholeText(status.details.causes[i].reason));
    causes[i].setMessage(wholeText(status.details.causes[i].message));
    causes[i].setField(wholeText(status.details.causes[i].field));
  }
}

Status readStatus(wire::Status::Reader in) {
  Status status;
  status.code = in.getCode();
  status.reason = str(in.getReason());
  status.message = str(in.getMessage());
  auto details = in.getDetails();
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

}  // namespace cleat
