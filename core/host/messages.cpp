#include "core/host/messages.h"

#include <cleat/sdk/status_message.h>
#include <kj/exception.h>

#include "core/object/schema/message_shape.h"

namespace cleat::host {
namespace {

// A call brings a page of objects at the most.
constexpr uint64_t kMostObjects = 100'000;

Result<Ref<Message>> take(const cleat_words& words, const std::string& what) {
  if (!words.data || reinterpret_cast<uintptr_t>(words.data) % sizeof(uint64_t) != 0) {
    return fail(Status::badRequest(what + ": a message must be aligned to eight bytes"));
  }
  auto message = Message::checked({words.data, words.count});
  if (!message) {
    Status error = message.error();
    error.message = what + ": " + error.message;
    return fail(std::move(error));
  }
  return message;
}

}  // namespace

Ref<const Message> emptyMessage() {
  static const Ref<const Message> empty = Message::make(1);
  return empty;
}

void setTexts(capnp::List<capnp::Text>::Builder list, const std::vector<std::string>& texts) {
  for (unsigned i = 0; i < texts.size(); ++i) list.set(i, texts[i]);
}

std::string textOf(capnp::Text::Reader text) { return std::string(text.cStr(), text.size()); }

Ref<const Message> encodeStatus(const Status& status) {
  return makeMessage<wire::Status>([&](wire::Status::Builder out) { writeStatus(status, out); });
}

Status decodeStatus(const Message& message, Status otherwise) {
  try {
    Status status = readStatus(message.root<wire::Status>());
    return status.code >= 400 && status.code <= 599 ? status : otherwise;
  } catch (const kj::Exception&) {
    return otherwise;
  }
}

Ref<const Message> resultsBeside(const Message& status, const object::ShapePlan* shape) {
  if (!shape) return nullptr;
  try {
    auto results = status.root<wire::Status>().getResults();
    if (!results.isStruct()) return nullptr;
    Ref<const Message> message = Message::flat(results.getAs<capnp::AnyStruct>());
    return object::checkShape(*message, *shape) ? message : nullptr;
  } catch (const kj::Exception&) {
    return nullptr;
  }
}

RoleAnswer answerOf(cleat_status status, Status error) {
  RoleAnswer answer;
  answer.status = status;
  answer.error = std::move(error);
  return answer;
}

Outcome outcomeOf(cleat_status status, const Status& error) { return {status, {encodeStatus(error), {}}}; }

Outcome outcomeOf(const Status& error) {
  cleat_status status = CLEAT_FAILED;
  if (error.code == 429 || error.code == 503 || error.code == 504) status = CLEAT_RETRY;
  if (error.code == 401 || error.code == 403) status = CLEAT_DENIED;
  return outcomeOf(status, error);
}

Outcome outcomeOf(RoleAnswer answer) {
  if (answer.status != CLEAT_OK) return outcomeOf(answer.status, *answer.error);
  Outcome outcome;
  outcome.payload.message = std::move(answer.message);
  for (auto& object : answer.objects) outcome.payload.objects.push_back({std::move(object), 0});
  return outcome;
}

Result<RoleAnswer> takePayload(const cleat_payload* payload) {
  RoleAnswer answer;
  // A plugin may pass no message, or one whose root was never set, for a struct with nothing in it.
  bool empty = !payload || payload->message.count == 0 ||
               (payload->message.count == 1 && payload->message.data && *payload->message.data == 0);
  if (empty) {
    answer.message = emptyMessage();
  } else {
    CLEAT_TRY(auto message, take(payload->message, "the message"));
    answer.message = std::move(message);
  }
  if (!payload) return answer;
  if (payload->object_count > kMostObjects || (payload->object_count > 0 && !payload->objects)) {
    return fail(Status::badRequest("a call brings at most " + std::to_string(kMostObjects) + " objects"));
  }
  for (uint64_t i = 0; i < payload->object_count; ++i) {
    CLEAT_TRY(auto object, take(payload->objects[i].words, "objects[" + std::to_string(i) + "]"));
    answer.objects.push_back(std::move(object));
  }
  return answer;
}

}  // namespace cleat::host
