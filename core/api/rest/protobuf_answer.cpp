#include "core/api/rest/protobuf_answer.h"

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <cleat/schema/kinds/meta_v1.capnp.h>

#include "core/object/protobuf/protobuf.h"

namespace cleat::api {
namespace {

std::string encodeStatus(capnp::MallocMessageBuilder& builder) {
  return object::encodeProtobufStruct("v1", "Status", builder.getRoot<meta_v1::Status>().asReader());
}

kj::StringPtr text(const std::string& value) { return {value.c_str(), value.size()}; }

}  // namespace

std::string protobufObject(const object::Object& object) {
  return object::encodeProtobuf(object.kind(), object.message().words());
}

std::string protobufList(const object::Kind& kind, const bus::ListResult& list) {
  std::vector<object::Words> items;
  items.reserve(list.objects.size());
  for (const auto& object : list.objects) items.push_back(object->message().words());
  capnp::MallocMessageBuilder builder;
  auto metadata = builder.initRoot<meta_v1::ListMeta>();
  metadata.setResourceVersion(list.revision);
  metadata.setContinue(text(list.continueToken));
  if (list.remaining != 0) metadata.initRemainingItemCount().setValue(static_cast<int64_t>(list.remaining));
  return object::encodeProtobufList(kind, items, metadata.asReader());
}

std::string protobufStatus(const Status& status, std::string_view continueToken) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<meta_v1::Status>();
  root.setStatus("Failure");
  if (!continueToken.empty())
    root.initMetadata().setContinue(kj::heapString(continueToken.data(), continueToken.size()));
  root.setMessage(text(status.message));
  root.setReason(text(status.reason));
  root.setCode(status.code);
  auto details = root.initDetails();
  details.setName(text(status.details.name));
  details.setGroup(text(status.details.group));
  details.setKind(text(status.details.kind));
  details.setUid(text(status.details.uid));
  details.setRetryAfterSeconds(static_cast<int32_t>(status.details.retryAfterSeconds));
  auto causes = details.initCauses(static_cast<unsigned>(status.details.causes.size()));
  for (unsigned i = 0; i < causes.size(); ++i) {
    causes[i].setReason(text(status.details.causes[i].reason));
    causes[i].setMessage(text(status.details.causes[i].message));
    causes[i].setField(text(status.details.causes[i].field));
  }
  return encodeStatus(builder);
}

std::string protobufSuccess(int code, std::string_view name, std::string_view kind) {
  capnp::MallocMessageBuilder builder;
  auto root = builder.initRoot<meta_v1::Status>();
  root.setStatus("Success");
  root.setCode(code);
  if (!name.empty() || !kind.empty()) {
    auto details = root.initDetails();
    details.setName(kj::heapString(name.data(), name.size()));
    details.setKind(kj::heapString(kind.data(), kind.size()));
  }
  return encodeStatus(builder);
}

std::string protobufEvent(std::string_view type, const object::Object& object) {
  return object::frameProtobufEvent(type, protobufObject(object));
}

std::string protobufBookmark(const object::Kind& kind, uint64_t revision, bool initialEnd) {
  capnp::MallocMessageBuilder builder;
  auto metadata = builder.initRoot<meta_v1::AnyObject>().initMetadata();
  metadata.setResourceVersion(revision);
  if (initialEnd) {
    auto annotations = metadata.initAnnotations(1);
    annotations[0].setKey("k8s.io/initial-events-end");
    annotations[0].setValue("true");
  }
  auto message = object::Message::copy(builder.getRoot<capnp::AnyStruct>().asReader());
  return object::frameProtobufEvent("BOOKMARK", object::encodeProtobuf(kind, message->words()));
}

std::string protobufErrorEvent(const Status& status) {
  return object::frameProtobufEvent("ERROR", protobufStatus(status));
}

}  // namespace cleat::api
